/**
 * The difference between a bridge's veth pair and namespace as they are and as they should be. Pure: a plan is checked
 * by its tests before any device is touched.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { type BridgeNames, GUEST_ADDRESS } from "../names.ts";
import type { Link, Observed } from "./observe.ts";

/** What to do, in this order. */
export interface LinkPlan {
  /** Whether the namespace's file is a leftover that has to go first. */
  readonly removeNetns: boolean;
  /** Whether the namespace has to be made. */
  readonly addNetns: boolean;
  /** Lines for `ip -batch` inside the namespace, to be run before those of the host. */
  readonly netnsBefore: readonly string[];
  /** Lines for `ip -batch` in the host namespace. */
  readonly host: readonly string[];
  /** The same, to be run after those, when the port on the bridge has the VLAN filter that it should have. */
  readonly hostAfter: readonly string[];
  /** Whether the port on the bridge is a new one, to the bridge at least, and has no filter yet. */
  readonly isNewPort: boolean;
  /** Lines for `ip -batch` inside the namespace, to be run after those of the host. */
  readonly netns: readonly string[];
  /**
   * Lines for `ip -batch` inside the namespace, to be run last: what the kernel announces to guests, who would send to the
   * former MAC address for half a minute. It takes the rules to let it through to them, and to nobody else.
   */
  readonly announced: readonly string[];
}

/**
 * Plans how one bridge gets its veth pair and namespace.
 *
 * @param names The bridge's names.
 * @param observed What is there now.
 * @returns What is missing; addresses, routes and flags are always set again, since that is cheaper than to look.
 * @throws {KernelStateError} If there is no such bridge, or a device under one of our names is not ours.
 */
export function planUp(names: BridgeNames, observed: Observed): LinkPlan {
  const bridge = observed.host.get(names.bridge);
  if (bridge === undefined) {
    const remedy = `see "ip link show type bridge"; the network driver makes the bridge before it calls setup`;
    throw new KernelStateError(`There is no bridge ${names.bridge}`, remedy);
  }
  if (bridge.kind !== "bridge") {
    throw new KernelStateError(
      `${names.bridge} is not a Linux bridge but ${bridge.kind ?? "a physical device"}`,
      "name a bridge",
    );
  }
  const inside = observed.netns.state === "alive" ? observed.netns.links : undefined;
  const port = observed.host.get(names.bridgeEnd);
  const paired = isPaired(names, observed);
  const stray = strayEnds(names, observed, paired);
  return {
    removeNetns: observed.netns.state === "broken",
    addNetns: inside === undefined,
    netnsBefore: loneNetnsEnd(names, observed, paired),
    host: [
      ...stray.map((name) => `link delete dev ${name}`),
      ...(paired ? [`link set dev ${names.bridgeEnd} mtu ${bridge.mtu}`] : [addPair(names, bridge)]),
      `link set dev ${names.bridgeEnd} master ${names.bridge}`,
    ],
    hostAfter: [`link set dev ${names.bridgeEnd} up`],
    // One that is down may have been made by a run that was cut off before it gave it its filter.
    isNewPort: !paired || port?.master !== names.bridge || !port.up,
    netns: [
      `link set dev ${names.netnsEnd} mtu ${bridge.mtu}`,
      `address replace ${GUEST_ADDRESS}/32 dev ${names.netnsEnd}`,
      `link set dev ${names.netnsEnd} up`,
      `route replace default dev ${names.netnsEnd} scope link`,
    ],
    announced: paired ? ownAddress(names, inside ?? []) : [],
  };
}

/** Gives a pair that the network driver has made the MAC address that it has on every host. */
function ownAddress(names: BridgeNames, inside: readonly Link[]): string[] {
  const isOurs = inside.some(({ name, address }) => name === names.netnsEnd && address === names.netnsEndMac);
  return isOurs ? [] : [`link set dev ${names.netnsEnd} address ${names.netnsEndMac}`];
}

function addPair(names: BridgeNames, { mtu }: Link): string {
  return `link add name ${names.bridgeEnd} address ${names.bridgeEndMac} mtu ${mtu} type veth ` +
    `peer name ${names.netnsEnd} address ${names.netnsEndMac} mtu ${mtu} netns ${names.netns}`;
}

/** Removes a device of the inner end's name whose partner is not the outer end; all in the namespace is ours. */
function loneNetnsEnd(names: BridgeNames, { netns }: Observed, paired: boolean): string[] {
  if (paired || netns.state !== "alive") return [];
  return netns.links.some((link) => link.name === names.netnsEnd) ? [`link delete dev ${names.netnsEnd}`] : [];
}

/** Whether the two ends are where they should be and are each other's. */
function isPaired(names: BridgeNames, { host, netns }: Observed): boolean {
  if (netns.state !== "alive") return false;
  const outside = host.get(names.bridgeEnd);
  const inside = netns.links.find((link) => link.name === names.netnsEnd);
  return outside?.kind === "veth" && inside?.kind === "veth" && outside.peerIndex === inside.index &&
    inside.peerIndex === outside.index;
}

/** Whether an end that is not paired is half of a pair that we, or the network driver, made for this bridge. */
function isOurs(names: BridgeNames, link: Link): boolean {
  const ends: (string | undefined)[] = [names.bridgeEnd, names.netnsEnd];
  const macs: (string | undefined)[] = [names.bridgeEndMac, names.netnsEndMac];
  return link.kind === "veth" &&
    (link.master === names.bridge || ends.includes(link.peerName) || macs.includes(link.address));
}

/** The ends in the host namespace that are in the way; removing one removes its other half too. */
function strayEnds(names: BridgeNames, { host }: Observed, paired: boolean): string[] {
  const candidates = paired ? [names.netnsEnd] : [names.bridgeEnd, names.netnsEnd];
  const strays = candidates.map((name) => host.get(name)).filter((link) => link !== undefined);
  for (const link of strays) {
    if (isOurs(names, link)) continue;
    throw new KernelStateError(
      `The device ${link.name} is not ours: it is ${link.kind ?? "a physical device"}` +
        (link.master === undefined ? "" : ` on ${link.master}`),
      `rename or remove it; the proxy of ${names.bridge} needs that name`,
    );
  }
  const [first, second] = strays.map(({ name }) => name);
  return first === undefined
    ? []
    : second === undefined || host.get(second)?.peerName === first
    ? [first]
    : [first, second];
}

/**
 * Plans how one bridge loses its veth pair. It goes by names alone, since the bridge and the configuration may be gone.
 *
 * @param names The bridge's names.
 * @param observed What is there now.
 * @returns Lines for `ip -batch`; none for devices that are not ours.
 */
export function planDown(names: BridgeNames, observed: Observed): Pick<LinkPlan, "netnsBefore" | "host"> {
  const paired = isPaired(names, observed);
  const ends = [names.bridgeEnd, names.netnsEnd].map((name) => observed.host.get(name));
  const ours = ends.find((link) => link !== undefined && (paired || isOurs(names, link)));
  return {
    netnsBefore: loneNetnsEnd(names, observed, paired),
    host: ours === undefined ? [] : [`link delete dev ${ours.name}`],
  };
}
