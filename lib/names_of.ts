/**
 * The names of everything that belongs to one bridge: devices, namespace, map, chains and files, derived from the
 * bridge's name.
 *
 * @module
 */

import { hashDigits } from "./hash.ts";
import { BRIDGE_NAME, type BridgeName, parseBridgeName, TPROXY } from "./names.ts";
import { NETNS_DIR, STRINGS_DIR } from "./paths.ts";

/** The longest bridge name for which `<br>a` and `<br>b` fit into 15 characters. */
const LONGEST_WITH_SUFFIX = 14;

/**
 * Derives the first part of the veth ends' names. If a bridge's name leaves no room for the last letter, it is cut and
 * gets "~" and six digits of its hash. No bridge name contains "~", so the result never belongs to another bridge.
 */
function stemOf(bridge: BridgeName): string {
  return bridge.length <= LONGEST_WITH_SUFFIX ? bridge : `${bridge.slice(0, 7)}~${hashDigits(bridge, 6)}`;
}

/** Derives five bytes of a MAC address from a bridge's name. */
function macOf(bridge: BridgeName): string {
  return hashDigits(bridge, 10).replaceAll(/..(?=.)/g, "$&:");
}

/** The names of everything that belongs to one bridge. */
export interface BridgeNames {
  /** The bridge itself. */
  readonly bridge: BridgeName;
  /** The veth end that is a port of the bridge; the drivers know it by this name and do not take it for a guest. */
  readonly bridgeEnd: string;
  /** The veth end inside the namespace, which holds the guest-facing address. */
  readonly netnsEnd: string;
  /**
   * The MAC address of the bridge-side end, by which we recognise it.
   *
   * WHY "fe": a bridge without an address of its own takes the lowest one of its ports. It must not take ours:
   * neighbours would not reach the host until they forget its old address.
   */
  readonly bridgeEndMac: string;
  /**
   * The MAC address of the other end. It is the same on every hypervisor, so a guest's ARP entry stays valid after a
   * migration. The rules ensure that only the bridge's own guests see it.
   */
  readonly netnsEndMac: string;
  /** The network namespace, as `ip netns list` shows it. */
  readonly netns: string;
  /** The namespace's file. */
  readonly netnsPath: string;
  /** The map of the bridge's endpoints in `table ip one_tproxy`. */
  readonly map: string;
  /**
   * The chain in `table bridge one_tproxy` that the network drivers create too. It keeps ARP requests for the address
   * on this host.
   */
  readonly chain: string;
  /** The chain in `table bridge one_tproxy` that filters frames that come in at a port. */
  readonly guardChain: string;
  /** The chain in `table bridge one_tproxy` that filters frames between the veth end and the other ports. */
  readonly portChain: string;
  /**
   * The chain in `table bridge one_tproxy` that redirects a guest's packets to the proxy, so that the guest needs no
   * route.
   */
  readonly redirectChain: string;
  /** The set of the redirected service ports. */
  readonly redirected: string;
  /** The chain that `portChain` jumps to. It limits from how many addresses a guest may send to the proxy. */
  readonly senderChain: string;
  /** The sets that former versions had for each bridge, and for which there are {@linkcode SHARED_SETS} now. */
  readonly formerSets: readonly string[];
  /** The set in `table bridge one_tproxy` that holds a copy of the bridge's record. */
  readonly copySet: string;
  /** The folder of the bridge's string. Only outer may move files into it. */
  readonly stringDir: string;
  /** The string: the UNIX socket from inner to outer. */
  readonly socket: string;
}

/**
 * Names everything that belongs to one bridge.
 *
 * @param bridge A validated bridge name.
 * @returns The names.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { namesOf, parseBridgeName } from "@one/tproxy";
 *
 * const { netns, map, bridgeEnd } = namesOf(parseBridgeName("br0"));
 * assert.deepEqual([netns, map, bridgeEnd], ["one_tproxy_br0", "ep_br0", "br0b"]);
 * ```
 */
export function namesOf(bridge: BridgeName): BridgeNames {
  const netns = `${TPROXY}_${bridge}`;
  const stringDir = `${STRINGS_DIR}/${bridge}`;
  return {
    bridge,
    bridgeEnd: `${stemOf(bridge)}b`,
    netnsEnd: `${stemOf(bridge)}a`,
    // "fe" and "12": locally administered, unicast (IEEE 802, second lowest and lowest bit of the first byte).
    bridgeEndMac: `fe:${macOf(bridge)}`,
    netnsEndMac: `12:${macOf(bridge)}`,
    netns,
    netnsPath: `${NETNS_DIR}/${netns}`,
    map: `ep_${bridge}`,
    chain: `ch_${bridge}`,
    guardChain: `guard_${bridge}`,
    portChain: `port_${bridge}`,
    redirectChain: `redirect_${bridge}`,
    redirected: `redirected_${bridge}`,
    senderChain: `sender_${bridge}`,
    formerSets: [`senders_${bridge}`, `newcomers_${bridge}`],
    copySet: `record_${bridge}`,
    stringDir,
    socket: `${stringDir}/outer.socket`,
  };
}

/**
 * Finds the bridge that a map belongs to.
 *
 * @param map The name of a map in `table ip one_tproxy`, which anybody may have written.
 * @returns The bridge, or `undefined` if the map does not hold endpoints.
 * @throws {InputError} If the map has the name of such a map, but the bridge in it can't have a proxy.
 */
export function bridgeOfMap(map: string): BridgeName | undefined {
  return map.startsWith("ep_") ? parseBridgeName(map.slice("ep_".length)) : undefined;
}

/**
 * Finds the bridge whose record a set holds a copy of.
 *
 * @param set The name of a set in `table bridge one_tproxy`, which anybody may have written.
 * @returns The bridge, or `undefined` if the set holds no copy, or the bridge in its name can't have a proxy.
 */
export function bridgeOfCopy(set: string): BridgeName | undefined {
  const bridge = set.startsWith("record_") ? set.slice("record_".length) : "";
  return BRIDGE_NAME.test(bridge) ? bridge as BridgeName : undefined;
}
