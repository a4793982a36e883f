/**
 * Endpoints become nft scripts. Pure: nothing here runs anything.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type BridgeName, type BridgeNames, GUEST_ADDRESS, namesOf, TPROXY, VETH_SET } from "../names.ts";

/**
 * How the ARP rule recognises the frames of its bridge.
 *
 * WHY two: a forward chain of the bridge family sees every bridge of the host. `meta ibrname` narrows it to one, but
 * needs CONFIG_NFT_BRIDGE_META, which some kernels lack. There the rule lets requests out through any bridge's veth
 * end; since a frame never leaves the bridge it is on, that says the same for every bridge that has a proxy. What it
 * costs: on bridges without a proxy such requests go nowhere either.
 */
export type ArpForm = "ibrname" | "veth-set";

/**
 * Renders the transaction that makes one bridge's map and chain hold exactly what they should, whatever they held.
 *
 * @param bridge The bridge.
 * @param endpoints Its endpoints, in the order to be listed.
 * @param form Which rendering of the ARP rule the kernel takes.
 * @returns A script for `nft -f -`.
 */
export function renderUp(bridge: BridgeName, endpoints: readonly Endpoint[], form: ArpForm): string {
  const names = namesOf(bridge);
  const elements = endpoints.map((e) => `${e.servicePort} : ${e.remoteAddr} . ${e.remotePort}`);
  return lines(
    `add table ip ${TPROXY}`,
    `add map ip ${TPROXY} ${names.map} { type inet_service : ipv4_addr . inet_service ; }`,
    `flush map ip ${TPROXY} ${names.map}`,
    ...(elements.length === 0 ? [] : [`add element ip ${TPROXY} ${names.map} { ${elements.join(", ")} }`]),
    `add table bridge ${TPROXY}`,
    ...(form === "ibrname" ? [] : [
      `add set bridge ${TPROXY} ${VETH_SET} { type ifname ; }`,
      `add element bridge ${TPROXY} ${VETH_SET} { "${names.bridgeEnd}" }`,
    ]),
    `add chain bridge ${TPROXY} ${names.chain} { type filter hook forward priority filter ; policy accept ; }`,
    `flush chain bridge ${TPROXY} ${names.chain}`,
    `add rule bridge ${TPROXY} ${names.chain} ${arpRule(names, form)}`,
  );
}

/** The request for the address leaves through no port but our veth end, so the closest hypervisor is the one to answer. */
function arpRule(names: BridgeNames, form: ArpForm): string {
  const scope = form === "ibrname"
    ? `meta ibrname "${names.bridge}" oifname != "${names.bridgeEnd}"`
    : `oifname != @${VETH_SET}`;
  return `${scope} arp operation request arp daddr ip ${GUEST_ADDRESS} drop`;
}

/** A thing in one of our two tables. */
export interface TableObject {
  /** Its table's family. */
  readonly family: "ip" | "bridge";
  /** What it is: `map`, `chain`, `set` or anything else that nft lists. */
  readonly kind: string;
  /** Its name. */
  readonly name: string;
  /** The elements of a set of names; empty for everything else. */
  readonly elements: readonly string[];
}

/** What the two tables hold; `undefined` for a table that does not exist. */
export type Tables = Readonly<Record<"ip" | "bridge", readonly TableObject[] | undefined>>;

/**
 * Renders the transaction that removes one bridge's map and chain, and a table in which nothing is left.
 *
 * @param bridge The bridge.
 * @param tables What is there now.
 * @returns A script for `nft -f -`; empty if nothing of the bridge is there.
 */
export function renderDown(bridge: BridgeName, tables: Tables): string {
  const names = namesOf(bridge);
  const isOurs = (object: TableObject) =>
    object.family === "ip" && object.kind === "map" && object.name === names.map ||
    object.family === "bridge" && object.kind === "chain" && object.name === names.chain;
  const isVethSet = (object: TableObject) => object.kind === "set" && object.name === VETH_SET;
  const script: string[] = [];
  for (const family of ["ip", "bridge"] as const) {
    const objects = tables[family];
    if (objects === undefined) continue;
    const ours = objects.filter(isOurs);
    const rest = objects.filter((object) => !isOurs(object));
    const setOfOthers = (object: TableObject) => object.elements.some((name) => name !== names.bridgeEnd);
    if (rest.every((object) => isVethSet(object) && !setOfOthers(object))) {
      script.push(`delete table ${family} ${TPROXY}`);
      continue;
    }
    for (const { kind, name } of ours) {
      if (kind === "chain") script.push(`flush chain ${family} ${TPROXY} ${name}`);
      script.push(`delete ${kind} ${family} ${TPROXY} ${name}`);
    }
    if (rest.some((object) => isVethSet(object) && object.elements.includes(names.bridgeEnd))) {
      script.push(`delete element ${family} ${TPROXY} ${VETH_SET} { "${names.bridgeEnd}" }`);
    }
  }
  return script.length === 0 ? "" : lines(...script);
}

function lines(...commands: string[]): string {
  return commands.map((command) => `${command}\n`).join("");
}
