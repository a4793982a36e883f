/**
 * The work of `setup` as single commands of one process each, as a network driver in a scripting language does it. They
 * make the same kernel state in the same order. They check nothing first and repair nothing.
 *
 * @module
 */

import { GUEST_ADDRESS, SHARED_SETS, TPROXY, VETH_SET } from "../../../lib/names.ts";
import type { BridgeNames } from "../../../lib/names_of.ts";
import { NETNS_SYSCTLS } from "../../../lib/netns/sysctls.ts";
import { driverRules, guardRules, portRules } from "../../../lib/nft/bridge_rules.ts";
import { senderRules } from "../../../lib/nft/sender_rules.ts";
import { renderSharedSets } from "../../../lib/nft/shared_sets.ts";
import type { BridgeForm } from "../../../lib/nft/matches.ts";
import { redirectRules, renderRedirected } from "../../../lib/nft/redirect.ts";
import { renderCopy } from "../../../lib/nft/record_copy.ts";
import { copyOf, type NetworkRecord } from "../../../lib/setup/setup_record.ts";

/** A program by its absolute path, and its arguments. */
export type Argv = readonly string[];

const ip = (line: string): Argv => ["/usr/sbin/ip", ...line.split(" ")];
const nft = (line: string): Argv => ["/usr/sbin/nft", line];

/** The commands that set a bridge up for the first time. */
export function commandsUp(names: BridgeNames, network: NetworkRecord, form: BridgeForm): Argv[] {
  const { bridge, bridgeEnd, netns, netnsEnd, map } = names;
  const at = (hook: string, priority = "filter") =>
    ` { type filter hook ${hook} priority ${priority} ; policy accept ; }`;
  const chain = (name: string, hook: string, rules: readonly string[]) => [
    nft(`add chain bridge ${TPROXY} ${name}${hook}`),
    ...rules.map((rule) => nft(`add rule bridge ${TPROXY} ${name} ${rule}`)),
  ];
  return [
    ip(`netns add ${netns}`),
    ...NETNS_SYSCTLS.map((sysctl) => [...ip(`netns exec ${netns} /usr/sbin/sysctl -e -q -w`), sysctl]),
    ip(
      `link add name ${bridgeEnd} address ${names.bridgeEndMac} type veth ` +
        `peer name ${netnsEnd} address ${names.netnsEndMac}`,
    ),
    ip(`link set dev ${bridgeEnd} master ${bridge} up`),
    ip(`link set dev ${netnsEnd} netns ${netns}`),
    ip(`-n ${netns} address replace ${GUEST_ADDRESS}/32 dev ${netnsEnd}`),
    ip(`-n ${netns} link set dev ${netnsEnd} up`),
    ip(`-n ${netns} route replace default dev ${netnsEnd} scope link`),
    nft(`add table ip ${TPROXY}`),
    nft(`add map ip ${TPROXY} ${map} { type inet_service : ipv4_addr . inet_service ; }`),
    ...network.endpoints.map((e) =>
      nft(`add element ip ${TPROXY} ${map} { ${e.servicePort} : ${e.remoteAddr} . ${e.remotePort} }`)
    ),
    nft(`add table bridge ${TPROXY}`),
    ...(form === "ibrname" ? [] : [
      nft(`add set bridge ${TPROXY} ${VETH_SET} { type ifname ; }`),
      nft(`add element bridge ${TPROXY} ${VETH_SET} { "${bridgeEnd}" }`),
    ]),
    ...renderCopy(names.copySet, copyOf([network])).map(nft),
    ...renderSharedSets().map(nft),
    ...chain(names.chain, at("forward"), driverRules(names, form)),
    ...chain(names.guardChain, at("prerouting"), guardRules(names, form)),
    ...renderRedirected(names.redirected, network.endpoints).map(nft),
    ...chain(names.redirectChain, at("prerouting", "dstnat"), redirectRules(names, form)),
    ...chain(names.senderChain, "", senderRules()),
    ...chain(names.portChain, at("forward"), portRules(names, form)),
  ];
}

/** The commands that remove the proxy again, if no other bridge has one. */
export function commandsDown(names: BridgeNames, form: BridgeForm): Argv[] {
  return [
    nft(`delete map ip ${TPROXY} ${names.map}`),
    nft(`delete chain bridge ${TPROXY} ${names.chain}`),
    nft(`delete chain bridge ${TPROXY} ${names.guardChain}`),
    nft(`delete chain bridge ${TPROXY} ${names.redirectChain}`),
    nft(`delete chain bridge ${TPROXY} ${names.portChain}`),
    nft(`delete chain bridge ${TPROXY} ${names.senderChain}`),
    nft(`delete set bridge ${TPROXY} ${names.redirected}`),
    ...Object.values(SHARED_SETS).map((set) => nft(`delete set bridge ${TPROXY} ${set}`)),
    nft(`delete set bridge ${TPROXY} ${names.copySet}`),
    ...(form === "ibrname" ? [] : [nft(`delete set bridge ${TPROXY} ${VETH_SET}`)]),
    nft(`delete table ip ${TPROXY}`),
    nft(`delete table bridge ${TPROXY}`),
    ip(`link delete dev ${names.bridgeEnd}`),
    ip(`netns delete ${names.netns}`),
  ];
}
