# Installed by one-tproxy, in place of the network driver's own file of this name: the two methods that the driver calls,
# each by way of one-tproxy's programs.

require 'open3'

module VNMMAD

    # Transparent proxies.
    module TProxy

        BIN = '/opt/one-tproxy/bin'

        # The bridge's port that is no guest's.
        def self.veth(nic)
            "#{nic[:bridge]}b"
        end

        # Called for a NIC when its bridge has been made (:up), and when the last guest has left it (:down).
        def self.setup_tproxy(nic, direction)
            direction == :up ? up(nic) : down(nic)
        end

        # A VM without its services would be started, and nobody would know: what goes wrong fails the VM's action, with
        # one line, as it is when a command of the driver's own fails.
        def self.up(nic)
            # Whoever uses no transparent proxies must be able to start VMs.
            return if (CONF[:tproxy] || CONF['tproxy']).to_a.empty?

            named = { 'network' => nic[:network], 'network-id' => nic[:network_id] }.compact
            network = named.empty? ? ['--unnamed-network'] : named.map {|name, value| "--#{name}=#{value}" }
            run('tproxy-setup', 'up', "--bridge=#{nic[:bridge]}", *network, :good => [0, 3])
            run('tproxy', 'reload')
        rescue StandardError => e
            STDERR.puts e.message
            exit 1
        end

        # By the bridge's name alone: what was set up goes, whatever the configuration has become. The VM has gone, so
        # what goes wrong is no reason to fail.
        def self.down(nic)
            run('tproxy-setup', 'down', "--bridge=#{nic[:bridge]}")
            run('tproxy', 'reload')
        rescue StandardError => e
            STDERR.puts e.message
        end

        # By tproxy-setup's exit code 3 an entry can't be used, and a service stays as it was: no reason to fail a VM.
        def self.run(program, *args, good: [0])
            said, status = Open3.capture2e('sudo', '-n', "#{BIN}/#{program}", *args)
            # What failed is on the last line. The lines before it tell of what went well.
            raise "#{program} #{args.join(' ')} failed: #{said.lines.last.to_s.strip}" unless good.include?(status.exitstatus)

            STDOUT.puts said unless said.empty?
        end

        private_class_method :up, :down, :run

    end

end
