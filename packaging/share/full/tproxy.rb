# Installed by one-tproxy, in place of the network driver's own file of this name: the two methods that the driver calls,
# each by way of one-tproxy's programs.

require 'open3'

module VNMMAD

    # Transparent proxies.
    module TProxy

        SETUP = '/opt/one-tproxy/bin/tproxy-setup'

        # The VM's NICs so far, as XML, that have come and gone, and the VM's ID.
        @nics = { 'pre' => [], 'clean' => [] }
        @vm = nil

        # The bridge's port that is no guest's.
        def self.veth(nic)
            "#{nic[:bridge]}b"
        end

        # Called for a NIC when its bridge has been made (:up), and when the last guest has left it (:down). All NICs of the
        # VM are one call, when the driver has made, or deleted, all their bridges and is about to exit. What else the driver
        # does with <br>b, it does at "post", in another process.
        def self.setup_tproxy(nic, direction)
            # VMs must start where no transparent proxies are configured.
            return if direction == :up && (CONF[:tproxy] || CONF['tproxy']).to_a.empty?

            action = direction == :up ? 'pre' : 'clean'
            at_exit { tell(action) } if @nics[action].empty?
            # The driver has the VM's ID in the name of the NIC's port alone.
            @vm ||= nic[:target].to_s[/\Aone-(\d+)-\d+\z/, 1]
            fields = { 'NIC_ID' => nic[:nic_id], 'BRIDGE' => nic[:bridge], 'BRIDGE_TYPE' => 'linux',
                       'NETWORK' => nic[:network], 'NETWORK_ID' => nic[:network_id], 'IP' => nic[:ip],
                       'TARGET' => nic[:target], 'PHYDEV' => nic[:phydev] }.compact
            @nics[action] << fields.map {|name, value| "<#{name}>#{value.to_s.encode(:xml => :text)}</#{name}>" }.join
        end

        def self.tell(action)
            nics = @nics[action].map {|nic| "<NIC>#{nic}</NIC>" }.join
            run('hook', action, :stdin_data => ["<VM><ID>#{@vm}</ID><TEMPLATE>#{nics}</TEMPLATE></VM>"].pack('m0'))
        rescue StandardError => e
            STDERR.puts e.message
            # A VM without its services would be started, and nobody would know. One that has gone must not fail.
            exit 1 if action == 'pre'
        end

        def self.run(*args, **opts)
            said, status = Open3.capture2e('sudo', '-n', SETUP, *args, **opts)
            return STDOUT.puts(said) if status.success?

            # A line for each NIC that failed. What went well is in between; sudo's own line is the last.
            errors = said.lines.grep(/^(?:(?:tproxy-)?setup: )?error: /)
            errors = said.lines.last(1) if errors.empty?
            raise "tproxy-setup #{args.join(' ')} failed: #{errors.join}"
        end

        private_class_method :tell, :run

    end

end
