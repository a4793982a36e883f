/**
 * What OpenNebula's network driver makes for a bridge's proxy: one process for each step, no comment in the map.
 *
 * @module
 */

import type { Hypervisor } from "./hypervisor.ts";
import { GATE } from "./scenario.ts";

/** The rule has no "meta ibrname", which not every kernel has. */
const RULE = 'oifname != "br0b" arp operation request arp daddr ip 169.254.16.9 drop';

/** Makes what the driver makes for the bridge br0, with the service at some ports. */
export async function driverUp({ host }: Hypervisor, ...ports: number[]): Promise<void> {
  const lines = [
    "ip netns add one_tproxy_br0",
    "ip link add br0b type veth peer name br0a",
    "ip link set dev br0b master br0",
    "ip link set dev br0b up",
    "ip netns exec one_tproxy_br0 sysctl -q -w net.ipv4.conf.all.arp_ignore=0",
    "ip link set dev br0a netns one_tproxy_br0",
    "ip -n one_tproxy_br0 link set dev br0a up",
    "ip -n one_tproxy_br0 address add 169.254.16.9/32 dev br0a",
    "ip -n one_tproxy_br0 route add default dev br0a",
    "nft add table bridge one_tproxy",
    "nft add chain bridge one_tproxy ch_br0 { type filter hook forward priority filter ; policy accept ; }",
    `nft add rule bridge one_tproxy ch_br0 ${RULE}`,
    "nft add table ip one_tproxy",
    "nft add map ip one_tproxy ep_br0 { type inet_service : ipv4_addr . inet_service ; }",
    ...ports.map((port) => `nft add element ip one_tproxy ep_br0 { ${port} : ${GATE} . 5030 }`),
  ];
  for (const line of lines) await host.text(line.split(" "));
}

/** Removes it, as the driver does when the last guest has left. */
export async function driverDown({ host }: Hypervisor): Promise<void> {
  const lines = [
    "nft delete map ip one_tproxy ep_br0",
    "nft delete chain bridge one_tproxy ch_br0",
    "ip link delete br0b",
    "ip netns delete one_tproxy_br0",
  ];
  for (const line of lines) await host.text(line.split(" "));
}
