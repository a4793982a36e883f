# Installed by one-tproxy, in place of the network driver's own file of this name: the two methods that the driver calls,
# each by way of one-tproxy's own programs.

require 'open3'

module VNMMAD

    # Transparent proxies.
    module TProxy

        BIN = '/opt/one-tproxy/bin'

        # The bridge's port that is no guest's.
        def self.veth(nic)
            "#{nic[:bridge]}b"
        end

        # Called for a NIC after its bridge has been made (:up), and when the last guest has left it (:down).
        def self.setup_tproxy(nic, direction)
            # The front-end brings this file to every host, and one that has not got the programs must start VMs, too.
            return unless File.executable?("#{BIN}/tproxy-setup")

            if direction == :up
                # Who uses no transparent proxies must be able to start VMs.
                return if CONF[:tproxy].to_a.empty?

                networks = { 'network' => nic[:network], 'network-id' => nic[:network_id] }.compact
                options  = networks.map {|name, value| "--#{name}=#{value}" }
                run('tproxy-setup', 'up', "--bridge=#{nic[:bridge]}", *options)
            else
                # By name alone: what was set up goes, whatever the configuration has become since.
                run('tproxy-setup', 'down', "--bridge=#{nic[:bridge]}")
            end

            run('tproxy', 'reload')
        end

        # Runs a program as root, and raises what it says if it fails, which fails the VM's action.
        def self.run(program, *args)
            output, status = Open3.capture2e('sudo', '-n', "#{BIN}/#{program}", *args)
            raise "#{program} #{args.join(' ')}: #{output.strip}" unless status.success?

            STDOUT.puts output unless output.empty?
        end
        private_class_method :run

    end

end
