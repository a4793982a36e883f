/**
 * A hypervisor with a distribution's kernel, which has what the machine that runs the tests may lack: `meta ibrname`.
 * It is a virtual machine itself, with Debian's base for a system, and an operator does there what the guide says.
 *
 * @module
 */

import assert from "node:assert/strict";
import { arp, dot1ad, dot1q, frame, type Tag } from "../lab/frames.ts";
import { commandsOf } from "../lab/installation.ts";
import { ADDRESS } from "../lab/layer2.ts";
import { TOKEN } from "../lab/nginx.ts";
import { inLab } from "../lab/scenario.ts";
import { runHypervisor } from "./hypervisor.ts";
import { NO_VM } from "./missing.ts";

const GUEST = { mac: "02:00:c0:a8:96:0a", ip: "192.168.150.10" };
const MALLORY = { mac: "02:00:c0:a8:96:42", ip: ADDRESS };

/** Tags behind which Mallory answers for the proxy. 1 is the default VLAN of a port. */
const TAGS: Readonly<Record<string, readonly Tag[]>> = {
  "none": [],
  "0": [dot1q(0)],
  "0-0": [dot1q(0), dot1q(0)],
  "0-0-0": [dot1q(0), dot1q(0), dot1q(0)],
  "ad0-0": [dot1ad(0), dot1q(0)],
  "0-ad0": [dot1q(0), dot1ad(0)],
  "1": [dot1q(1)],
  "1-0": [dot1q(1), dot1q(0)],
  "1-ad0-0": [dot1q(1), dot1ad(0), dot1q(0)],
};

const ATTACKS = Object.fromEntries(
  Object.entries(TAGS).map(([name, tags]) => [
    `root/attack-${name}`,
    `${frame(GUEST.mac, MALLORY.mac, tags, arp("reply", MALLORY, GUEST))}\n`.repeat(20),
  ]),
);

/** Two bridges with two guests each; then what the guide says, for `br0`; then what guests see. */
const SCRIPT = `guest() {
  ip netns add "$1"
  ip link add "$3" type veth peer name eth0 netns "$1"
  ip link set dev "$3" master "$2" up
  ip -n "$1" address add "$4/24" dev eth0
  ip -n "$1" link set dev eth0 up \${5:+address "$5"}
  ip -n "$1" route add 169.254.16.9 dev eth0
  # What the guest hears of others' questions for the address.
  ip netns exec "$1" nft add table netdev heard
  ip netns exec "$1" nft "add chain netdev heard in { type filter hook ingress device eth0 priority 0 ; }"
  ip netns exec "$1" nft add rule netdev heard in arp operation request arp daddr ip 169.254.16.9 counter
}
heard() { ip netns exec "$1" nft list table netdev heard | sed -n 's/.*counter packets \\([0-9]*\\).*/\\1/p'; }
ask() { ip netns exec guest timeout 20 busybox wget -q -O - --header 'X-ONEGATE-TOKEN: ${TOKEN}' "http://169.254.16.9:5030$1"; }
neighbour() { ip -n guest neigh show 169.254.16.9 | sed 's/.*lladdr \\([^ ]*\\).*/\\1/'; }
shout() {
  for mode in -U -A; do ip netns exec mallory busybox arping -q $mode -c 2 -I eth0 169.254.16.9 || true; done
}
# What the guest takes for the proxy after Mallory's answers, with each kind of tags.
attack() {
  for tags in ${Object.keys(TAGS).join(" ")}; do
    ip -n guest neigh replace 169.254.16.9 lladdr "$proxy" dev eth0 nud reachable
    ip netns exec mallory sh -c 'perl /root/frames.pl "$(cat /sys/class/net/eth0/ifindex)"' <"/root/attack-$tags"
    # Behind them on the same way.
    ip netns exec mallory busybox ping -q -c 1 -W 5 192.168.150.10 >/dev/null
    echo "$1, tags $tags=[$(neighbour)]"
  done
}
for bridge in br0 br1; do
  ip link add name $bridge type bridge
  ip link set dev $bridge up
done
guest guest br0 one-1-0 192.168.150.10 ${GUEST.mac}
guest mallory br0 one-2-0 192.168.150.66 ${MALLORY.mac}
guest asker br1 one-3-0 192.168.150.10
guest listener br1 one-4-0 192.168.150.11
ip netns exec guest sysctl -q -w net.ipv4.conf.eth0.arp_accept=1 net.ipv4.neigh.eth0.locktime=0
uname -r

cd /root
${commandsOf("Install")}
${commandsOf("Without OpenNebula")}
nft list table bridge one_tproxy
echo "name=[$(ask /vm)]"
echo "by=[$(ask /who)]"
proxy=$(ip -n one_tproxy_br0 -o link show dev br0a | sed 's/.*ether \\([^ ]*\\).*/\\1/')
echo "proxy=[$proxy]"
echo "neighbour=[$(neighbour)]"
echo "mallory heard [$(heard mallory)]"
ip netns exec asker busybox ping -c 1 -W 1 169.254.16.9 || true
echo "listener heard [$(heard listener)]"
ip -n mallory address add 169.254.16.9/32 dev eth0
shout
echo "with mallory=[$(neighbour)]"
attack guarded
ip link set dev br0 type bridge vlan_filtering 1
attack filtering
echo "on a bridge with VLAN filtering=[$(ask /who)]"
nft flush chain bridge one_tproxy guard_br0
attack unguarded-filtering
ip link set dev br0 type bridge vlan_filtering 0
attack unguarded
shout
echo "without the guard=[$(neighbour)]"
echo done
`;

Deno.test(
  "a hypervisor with Debian's kernel and nothing but its base: the rules are about one bridge, and a guest is served",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const frames = await Deno.readTextFile(new URL("../fixtures/frames.pl", import.meta.url));
    const machine = await runHypervisor(lab, SCRIPT, { "root/frames.pl": frames, ...ATTACKS });
    const said = (name: string) => new RegExp(`^${name}.?\\[([^\\]]*)\\]$`, "m").exec(machine.console)?.[1];
    assert.match(machine.console, /^\d.*-cloud-amd64$/m);
    assert.match(machine.console, /^info: The bridge is set up \(bridge=br0, .*rules=ibrname\)$/m, machine.console);
    assert.match(machine.console, /meta ibrname "br0" oifname != "br0b" arp operation request/);
    assert.equal(said("name"), '{"VM":{"NAME":"example0-0","ID":""}}');
    assert.equal(said("by"), "gate 10.11.12.1");
    const proxy = said("proxy");
    assert.match(proxy ?? "", /^12:/);
    assert.equal(said("neighbour"), proxy);
    assert.equal(said("mallory heard"), "0");
    // The rules do not touch a bridge without a proxy.
    assert.match(said("listener heard") ?? "", /^[1-9]/);
    assert.equal(said("with mallory"), proxy);
    for (const tags of Object.keys(TAGS)) {
      assert.equal(said(`guarded, tags ${tags}`), proxy, tags);
      assert.equal(said(`filtering, tags ${tags}`), proxy, tags);
      // A tag of the port's own VLAN hides nothing where the bridge does not filter, and something else where it does.
      assert.equal(said(`unguarded, tags ${tags}`), tags.startsWith("1") ? proxy : MALLORY.mac, tags);
      assert.equal(said(`unguarded-filtering, tags ${tags}`), MALLORY.mac, tags);
    }
    assert.equal(said("on a bridge with VLAN filtering"), "gate 10.11.12.1");
    assert.match(said("without the guard") ?? "", /^..(?::..){5}$/);
    assert.notEqual(said("without the guard"), proxy);
    assert.match(machine.console, /^done$/m);
    await machine.stop();
  }),
);
