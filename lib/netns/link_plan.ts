/**
 * Planning how a bridge's veth pair and namespace become what they should be. Pure: tests check a plan without touching
 * any device.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { GUEST_ADDRESS } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import type { Inside, Observed } from "./inside.ts";
import type { Link } from "./observe.ts";
import { findDiffering, setLine } from "./sysctls.ts";
import { isOurs, isPaired, strayEnds } from "./veth_ends.ts";

type Alive = Extract<Inside, { state: "alive" }>;

/** The steps, in this order. */
export interface LinkPlan {
  /** Lines for `ip -batch` inside the namespace. They run before those of the host. */
  readonly netnsBefore: readonly string[];
  /** Lines for `ip -batch` in the host namespace. The first ones make the namespace and set its settings. */
  readonly host: readonly string[];
  /** Lines for `ip -batch` in the host namespace. They run once the port on the bridge has its VLAN filter. */
  readonly hostAfter: readonly string[];
  /** Whether the port is new on the bridge and has no VLAN filter yet. */
  readonly isNewPort: boolean;
  /** Lines for `ip -batch` inside the namespace. They run after those of the host. */
  readonly netns: readonly string[];
  /**
   * Lines for `ip -batch` inside the namespace. They run last, since they change the MAC address.
   *
   * The kernel announces the new MAC address to guests, which would send to the former one for half a minute otherwise.
   * The rules have to be in place by then, so that the announcement reaches the guests and nobody else.
   */
  readonly announced: readonly string[];
}

/**
 * Plans how to create or repair one bridge's veth pair and namespace.
 *
 * @param names The bridge's names.
 * @param observed What is there now.
 * @returns The steps; none where all is as it should be.
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
  const inside = observed.netns.state === "alive" ? observed.netns : undefined;
  const port = observed.host.get(names.bridgeEnd);
  const paired = isPaired(names, observed);
  const stray = strayEnds(names, observed, paired);
  const isJoined = paired && port?.master === names.bridge;
  const isUp = paired && port?.up === true;
  return {
    netnsBefore: loneNetnsEnd(names, observed, paired),
    host: [
      ...makeNetns(names, observed.netns),
      ...stray.map((name) => `link delete dev ${name}`),
      ...unless(paired, addPair(names, bridge)),
      ...unless(!paired || port?.mtu === bridge.mtu, `link set dev ${names.bridgeEnd} mtu ${bridge.mtu}`),
      ...unless(isJoined, `link set dev ${names.bridgeEnd} master ${names.bridge}`),
    ],
    hostAfter: unless(isUp, `link set dev ${names.bridgeEnd} up`),
    // A port that is down may come from a run that was interrupted before it set the filter.
    isNewPort: !isJoined || !isUp,
    netns: repairEnd(names, bridge, paired ? inside : undefined),
    announced: paired ? ownAddress(names, inside?.links ?? []) : [],
  };
}

function unless(isSo: boolean, line: string): string[] {
  return isSo ? [] : [line];
}

/** Makes the namespace if it does not work, and sets its settings if they differ. */
function makeNetns(names: BridgeNames, inside: Inside): string[] {
  if (inside.state === "alive") return unless(findDiffering(inside.sysctls).length === 0, setLine(names));
  const removed = unless(inside.state === "absent", `netns delete ${names.netns}`);
  return [...removed, `netns add ${names.netns}`, setLine(names)];
}

/** Sets what the end inside the namespace lacks; a new one lacks everything. */
function repairEnd({ netnsEnd }: BridgeNames, { mtu }: Link, inside: Alive | undefined): string[] {
  const end = inside?.links.find(({ name }) => name === netnsEnd);
  const address = `${GUEST_ADDRESS}/32`;
  return [
    ...unless(end?.mtu === mtu, `link set dev ${netnsEnd} mtu ${mtu}`),
    ...unless(
      inside?.addresses.get(netnsEnd)?.includes(address) === true,
      `address replace ${address} dev ${netnsEnd}`,
    ),
    ...unless(end?.up === true, `link set dev ${netnsEnd} up`),
    ...unless(
      end?.up === true && inside?.defaultDevices.includes(netnsEnd) === true,
      `route replace default dev ${netnsEnd} scope link`,
    ),
  ];
}

/** Sets the MAC address that is the same on every host, for a pair that the network driver has created. */
function ownAddress(names: BridgeNames, inside: readonly Link[]): string[] {
  const isOurs = inside.some(({ name, address }) => name === names.netnsEnd && address === names.netnsEndMac);
  return isOurs ? [] : [`link set dev ${names.netnsEnd} address ${names.netnsEndMac}`];
}

function addPair(names: BridgeNames, { mtu }: Link): string {
  return `link add name ${names.bridgeEnd} address ${names.bridgeEndMac} mtu ${mtu} type veth ` +
    `peer name ${names.netnsEnd} address ${names.netnsEndMac} mtu ${mtu} netns ${names.netns}`;
}

/**
 * Removes a device with the inner end's name whose peer is not the outer end. All devices in the namespace are ours.
 */
function loneNetnsEnd(names: BridgeNames, { netns }: Observed, paired: boolean): string[] {
  if (paired || netns.state !== "alive") return [];
  return netns.links.some((link) => link.name === names.netnsEnd) ? [`link delete dev ${names.netnsEnd}`] : [];
}

/**
 * Plans how to remove one bridge's veth pair. It uses names only, since the bridge and the configuration may be gone.
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
