/**
 * QinQ, on a hypervisor with a distribution's kernel: the network driver sets a VLAN filter at the proxy's port, and it
 * is there again when the port is. The machine that runs the tests may have a kernel that can't filter by VLAN.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandsOf } from "../lab/installation.ts";
import { inLab } from "../lab/scenario.ts";
import { runHypervisor } from "./hypervisor.ts";
import { NO_VM } from "./missing.ts";

/**
 * What the driver's "post" does for a VM's NIC with CVLANS: first the VM's port, then the bridge, then the proxy's
 * port.
 */
const SCRIPT = `ip link add name br0 type bridge
ip link set dev br0 up
ip netns add guest
ip link add one-1-0 type veth peer name eth0 netns guest
ip link set dev one-1-0 master br0 up
ip -n guest address add 192.168.150.10/24 dev eth0
ip -n guest link set dev eth0 up
ip -n guest route add 169.254.16.9 dev eth0
ask() { ip netns exec guest timeout 20 busybox wget -q -O - http://169.254.16.9:5030/who; }
# What the proxy's port is in without a tag, and what comes in there.
filter() { bridge vlan show dev br0b 2>/dev/null | sed '1d; s/^br0b//' | tr -s ' \\t\\n' ' '; }
wait_for() {
  tries=0
  until eval "$1"; do
    tries=$((tries + 1))
    test $tries -lt 400
    sleep 0.2
  done
}

cd /root
${commandsOf("Install")}
up() { /opt/one-tproxy/bin/tproxy-setup up --bridge br0 --network vnet0 --network-id 7; }
up
/opt/one-tproxy/bin/tproxy start
bridge vlan add dev one-1-0 vid 100 pvid untagged
ip link set dev br0 type bridge vlan_filtering 1
echo "without a filter=[$(timeout 5 ip netns exec guest busybox wget -q -O - http://169.254.16.9:5030/who)]"
bridge vlan add dev br0b vid 100 pvid untagged
echo "by=[$(ask)]"
echo "filter=[$(filter)]"

# The next VM's "pre", and whatever took the port away.
up
ip link delete dev br0b
up
echo "by after up=[$(ask)]"
echo "filter after up=[$(filter)]"

/opt/one-tproxy/bin/tproxy watch &
for port in one-1-0 br0b; do
  bridge vlan add dev $port vid 200 pvid untagged
  bridge vlan del dev $port vid 100
done
wait_for 'grep -q 200 /run/one_tproxy/vlan-filters.json'
ip link delete dev br0b
wait_for 'test "$(filter)" = " 1 Egress Untagged 200 PVID Egress Untagged "'
echo "by after watch=[$(ask)]"
echo done
`;

Deno.test(
  "QinQ: the VLAN filter that the driver has set at the proxy's port is there again when the port is",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const machine = await runHypervisor(lab, SCRIPT);
    const said = (name: string) => machine.said(name);
    assert.match(machine.console, /^done$/m, machine.console);
    assert.equal(said("without a filter"), "");
    for (const when of ["by", "by after up", "by after watch"]) {
      assert.equal(said(when), "gate 10.11.12.1", when);
    }
    assert.equal(said("filter"), " 1 Egress Untagged 100 PVID Egress Untagged ");
    assert.equal(said("filter after up"), said("filter"));
    await machine.stop();
  }),
);
