# Installed by one-tproxy, in place of the network driver's own file of this name: the two methods that the driver calls,
# each by way of one-tproxy's programs.

require 'open3'

module VNMMAD

    # Transparent proxies.
    module TProxy

        SETUP = '/opt/one-tproxy/bin/tproxy-setup'

        # The VM's NICs so far, as XML, and its ID.
        @nics = []
        @vm = nil

        # The bridge's port that is no guest's.
        def self.veth(nic)
            "#{nic[:bridge]}b"
        end

        # Called for a NIC when its bridge has been made (:up), and when the last guest has left it (:down).
        def self.setup_tproxy(nic, direction)
            direction == :up ? up(nic) : down(nic)
        end

        # All NICs of the VM are set up by one call, when the driver has made all their bridges and is about to exit. What
        # else the driver does with <br>b, it does at "post", in another process.
        def self.up(nic)
            # Whoever uses no transparent proxies must be able to start VMs.
            return if (CONF[:tproxy] || CONF['tproxy']).to_a.empty?

            at_exit { set_up } if @nics.empty?
            # The driver has the VM's ID in the name of the NIC's port alone.
            @vm ||= nic[:target].to_s[/\Aone-(\d+)-\d+\z/, 1]
            fields = { 'NIC_ID' => nic[:nic_id], 'BRIDGE' => nic[:bridge], 'BRIDGE_TYPE' => 'linux',
                       'NETWORK' => nic[:network], 'NETWORK_ID' => nic[:network_id], 'IP' => nic[:ip] }.compact
            @nics << fields.map {|name, value| "<#{name}>#{value.to_s.encode(:xml => :text)}</#{name}>" }.join
        end

        # A VM without its services would be started, and nobody would know: what goes wrong fails the VM's action.
        def self.set_up
            nics = @nics.map {|nic| "<NIC>#{nic}</NIC>" }.join
            run('hook', 'pre', :stdin_data => ["<VM><ID>#{@vm}</ID><TEMPLATE>#{nics}</TEMPLATE></VM>"].pack('m0'))
        rescue StandardError => e
            STDERR.puts e.message
            exit 1
        end

        # At once, since the driver's lock orders it against other VMs. It takes the bridge's name alone: what was set up
        # goes, whatever the configuration has become. The VM has gone, so what goes wrong is no reason to fail.
        def self.down(nic)
            run('down', "--bridge=#{nic[:bridge]}", '--now')
        rescue StandardError => e
            STDERR.puts e.message
        end

        def self.run(*args, **opts)
            said, status = Open3.capture2e('sudo', '-n', SETUP, *args, **opts)
            return STDOUT.puts(said) if status.success?

            # A line for each NIC that failed. What went well is in between; sudo's own line is the last.
            errors = said.lines.grep(/^(?:setup: )?error: /)
            errors = said.lines.last(1) if errors.empty?
            raise "tproxy-setup #{args.join(' ')} failed: #{errors.join}"
        end

        private_class_method :up, :set_up, :down, :run

    end

end
