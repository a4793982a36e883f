/**
 * Guests without a route on a hypervisor with a distribution's kernel, whose rules know their bridge.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandsOf } from "../lab/installation.ts";
import { inLab } from "../lab/scenario.ts";
import { runHypervisor } from "./hypervisor.ts";
import { NO_VM } from "./missing.ts";

/** Two bridges, of which the first gets a proxy, with two guests each: one is the gateway of the other. */
const SCRIPT = `guest() {
  ip netns add "$1"
  ip link add "$3" type veth peer name eth0 netns "$1"
  ip link set dev "$3" master "$2" up
  ip -n "$1" address add "$4/24" dev eth0
  ip -n "$1" link set dev eth0 up
  # What a gateway hears of it that guests want of the address.
  ip netns exec "$1" nft add table netdev heard
  ip netns exec "$1" nft "add chain netdev heard in { type filter hook ingress device eth0 priority 0 ; }"
  ip netns exec "$1" nft add rule netdev heard in ip daddr 169.254.16.9 counter
}
heard() { ip netns exec "$1" nft list table netdev heard | sed -n 's/.*counter packets \\([0-9]*\\).*/\\1/p'; }
ask() { ip netns exec "$1" timeout 10 busybox wget -q -O - http://169.254.16.9:5030/who || true; }
for bridge in br0 br1; do
  ip link add name $bridge type bridge
  ip link set dev $bridge up
done
sysctl -q -w net.bridge.bridge-nf-call-iptables=0
ip address add 192.168.150.1/24 dev br0
guest guest br0 one-1-0 192.168.150.10
guest gateway br0 one-2-0 192.168.150.2
guest asker br1 one-3-0 192.168.150.10
guest listener br1 one-4-0 192.168.150.2
ip -n guest route add default via 192.168.150.1
ip -n asker route add default via 192.168.150.2
ip netns exec guest sysctl -q -w net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1

cd /root
${commandsOf("Install")}
${commandsOf("Without OpenNebula")}
nft list table bridge one_tproxy
echo "by the bridge=[$(ask guest)]"
ip -n guest route replace default via 192.168.150.2
ip link set dev br0 type bridge fdb_flush
echo "by a guest=[$(ask guest)]"
echo "gateway heard=[$(heard gateway)]"
echo "without a proxy=[$(ask asker)]"
echo "listener heard=[$(heard listener)]"
ip link set dev one-1-0 type bridge_slave hairpin on
ip link set dev br0 type bridge vlan_filtering 1
ip link set dev br0 type bridge fdb_flush
echo "with hairpin and VLAN filtering=[$(ask guest)]"

# OpenNebula makes security groups with iptables, which sees what crosses a bridge only if it is told to.
sysctl -q -w net.bridge.bridge-nf-call-iptables=1
nft -f - <<EOF
table ip security_group {
  chain forward {
    type filter hook forward priority 0;
    ip saddr 192.168.150.10 tcp dport 5030 counter drop
  }
}
EOF
echo "with a security group=[$(ask guest)]"
nft list table ip security_group | sed -n 's/.*counter packets \\([0-9]*\\).*/dropped=[\\1]/p'
nft delete table ip security_group
echo "and without=[$(ask guest)]"
nft flush chain bridge one_tproxy redirect_br0
echo "without the rules=[$(ask guest)]"
echo done
`;

Deno.test(
  "a hypervisor with Debian's kernel serves guests that have only a default route, and touches no bridge without a proxy",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const machine = await runHypervisor(lab, SCRIPT);
    const said = (name: string) => machine.said(name);
    assert.match(machine.console, /^info: The bridge is set up \(bridge=br0, .*rules=ibrname\)$/m, machine.console);
    for (const when of ["by the bridge", "by a guest", "with hairpin and VLAN filtering", "and without"]) {
      assert.equal(said(when), "gate 10.11.12.1", when);
    }
    assert.equal(said("gateway heard"), "0");
    // A bridge without a proxy is nobody's business.
    assert.match(said("listener heard") ?? "", /^[1-9]/);
    assert.equal(said("with a security group"), "");
    assert.match(said("dropped") ?? "", /^[1-9]/);
    assert.equal(said("without the rules"), "");
    assert.match(machine.console, /^done$/m);
    await machine.stop();
  }),
);
