/**
 * Which of a bridge's veth ends are there, and whether they are ours. Pure.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import type { BridgeNames } from "../names_of.ts";
import type { Observed } from "./inside.ts";
import type { Link } from "./observe.ts";

/**
 * Tells whether both ends are in their places and are peers of each other.
 *
 * @param names The bridge's names.
 * @param observed What is there now.
 * @returns Whether they are the two ends of one pair.
 */
export function isPaired(names: BridgeNames, { host, netns }: Observed): boolean {
  if (netns.state !== "alive") return false;
  const outside = host.get(names.bridgeEnd);
  const inside = netns.links.find((link) => link.name === names.netnsEnd);
  return outside?.kind === "veth" && inside?.kind === "veth" && outside.peerIndex === inside.index &&
    inside.peerIndex === outside.index;
}

/**
 * Tells whether an end that is not paired is from a pair that we, or the network driver, created for this bridge.
 *
 * @param names The bridge's names.
 * @param link A device with the name of one of the ends.
 * @returns Whether it may be removed.
 */
export function isOurs(names: BridgeNames, link: Link): boolean {
  const ends: (string | undefined)[] = [names.bridgeEnd, names.netnsEnd];
  const macs: (string | undefined)[] = [names.bridgeEndMac, names.netnsEndMac];
  return link.kind === "veth" &&
    (link.master === names.bridge || ends.includes(link.peerName) || macs.includes(link.address));
}

/**
 * Finds devices in the host namespace that have the names of our ends and have to go. To remove one end removes its
 * peer too.
 *
 * @param names The bridge's names.
 * @param observed What is there now.
 * @param paired Whether both ends are in their places. Then only an inner end outside of its namespace is a stray.
 * @returns The names of the devices.
 * @throws {KernelStateError} If one of them is not ours.
 */
export function strayEnds(names: BridgeNames, { host }: Observed, paired: boolean): string[] {
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
