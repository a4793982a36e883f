/**
 * Every name and number that the outside world sees: addresses, devices, namespaces, maps, chains, process titles and
 * files. Nothing else in the project spells one out, so this page is the contract with OpenNebula's network drivers.
 *
 * @module
 */

import { InputError } from "./errors.ts";
import { hashDigits } from "./hash.ts";

/** The address at which every guest of every network finds the services, from the user document. */
export const GUEST_ADDRESS = "169.254.16.9";

/** The name of the nft tables, and the first part of namespace names, process titles and log names. */
export const TPROXY = "one_tproxy";

/** The name of the nft tables that hold the proxies to what they are for, see `lib/nft/egress.ts`. */
export const EGRESS = `${TPROXY}_egress`;

/** The hypervisor's copy of the network drivers' configuration, as `onehost sync` leaves it. */
export const DEFAULT_CONFIG_PATH = "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf";

/**
 * The network of a NIC that names none, but only its bridge: it gets the entries that are for all networks. No network can
 * have this name, and no entry can name it.
 */
export const UNNAMED_NETWORK: { readonly name: "" } = { name: "" };

/** The network drivers' folder on a hypervisor, which `onehost sync` makes the same as the front-end's. */
export const DRIVERS_DIR = "/var/tmp/one/vnm";

/** The folder in which `ip netns` keeps a file for each named network namespace (ip-netns(8)). */
export const NETNS_DIR = "/run/netns";

/** The folder of everything that one-tproxy derives at run time: sockets, route files and locks. */
export const RUN_DIR = "/run/one_tproxy";

/**
 * The folder of all that proxies may write, but for their logs; a small file system of its own. Root takes nothing in it for
 * granted. Its name is longer than the 15 characters a bridge name may have: former versions had a folder for each bridge
 * beside it.
 */
export const PROXY_DIR = `${RUN_DIR}/written-by-proxies`;

/** The folder of the logs. */
export const LOG_DIR = "/var/log";

/**
 * Files that belong to no bridge. Each name is longer than the 15 characters a bridge name may have, so that no bridge can be
 * called the same.
 */
export const RUN_FILES = {
  setupRecord: `${RUN_DIR}/setup-record.json`,
  damagedRecord: `${RUN_DIR}/setup-record.damaged`,
  appliedRules: `${RUN_DIR}/rules-as-applied.json`,
  appliedEgress: `${RUN_DIR}/egress-as-applied.json`,
  vlanFilters: `${RUN_DIR}/vlan-filters.json`,
  setupLock: `${RUN_DIR}/kernel-state.lock`,
  daemonLock: `${RUN_DIR}/daemon-state.lock`,
  retired: `${RUN_DIR}/retired-proxies.json`,
  hold: `${RUN_DIR}/stopped-until-start`,
} as const;

/** The bridge-family nft set that holds every bridge-side veth end, see `lib/nft/matches.ts`. */
export const VETH_SET = "veth_ends";

/**
 * The MAC address that stands for each proxy's own where a rule can't tell which bridge a packet is on, see
 * `lib/nft/redirect.ts`. No host has it. It ends with 169.254.16.9; no address of {@linkcode namesOf} begins with "16".
 */
export const REDIRECT_MAC = "16:00:a9:fe:10:09";

/** A name that {@linkcode parseBridgeName} has accepted: safe as a device, in a path, in a command and in a rule. */
export type BridgeName = string & { readonly validated: "BridgeName" };

// Linux allows more in a device name (anything but "/", ":" and white space); nft identifiers and what the drivers
// make do not. 15 is IFNAMSIZ less the closing NUL.
export const BRIDGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

/** Longest bridge name for which `<br>a` and `<br>b` still fit into 15 characters. */
const LONGEST_WITH_SUFFIX = 14;

/**
 * What the veth ends are named after. A name that leaves no room for the last letter is cut and gets six digits that stand
 * for all of it; "~" is in no bridge name, so the result is never that of another bridge.
 */
function stemOf(bridge: BridgeName): string {
  return bridge.length <= LONGEST_WITH_SUFFIX ? bridge : `${bridge.slice(0, 7)}~${hashDigits(bridge, 6)}`;
}

/** Five bytes of a MAC address that stand for a bridge. */
function macOf(bridge: BridgeName): string {
  return hashDigits(bridge, 10).replaceAll(/..(?=.)/g, "$&:");
}

/**
 * Validates a bridge name where it enters: from the command line, from nft or from a file name.
 *
 * @param text The name as it came in, for example `br0` or `onebr.12`.
 * @returns The same name, marked as valid.
 * @throws {InputError} If it is not a name that a bridge with a proxy can have.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { InputError, parseBridgeName } from "@one/tproxy";
 *
 * assert.equal(parseBridgeName("br0"), "br0");
 * assert.throws(() => parseBridgeName("br0; reboot"), InputError);
 * ```
 */
export function parseBridgeName(text: string): BridgeName {
  if (!BRIDGE_NAME.test(text)) {
    throw new InputError(
      `${JSON.stringify(text)} is not a bridge name`,
      'use 1 to 15 letters, digits, "_", "." or "-", and start with a letter, a digit or "_"',
    );
  }
  return text as BridgeName;
}

/** The name of everything that belongs to one bridge. */
export interface BridgeNames {
  /** The bridge itself. */
  readonly bridge: BridgeName;
  /** The veth end that is a port of the bridge; the drivers know it by this name and do not take it for a guest. */
  readonly bridgeEnd: string;
  /** The veth end inside the namespace, which holds the guest-facing address. */
  readonly netnsEnd: string;
  /**
   * The MAC address of the bridge-side end, by which we know it again.
   *
   * WHY "fe": a bridge takes the lowest of its ports' addresses for its own, unless it was given one. Ours must not become
   * it, or the host's neighbours would lose the host for as long as they remember the old address.
   */
  readonly bridgeEndMac: string;
  /**
   * The MAC address of the other end. It is the same on every hypervisor, so what a guest remembers stays right when the
   * guest moves; the rules see to it that it is seen by the bridge's own guests only.
   */
  readonly netnsEndMac: string;
  /** The network namespace, as `ip netns list` shows it. */
  readonly netns: string;
  /** The namespace's file. */
  readonly netnsPath: string;
  /** The map of the bridge's endpoints in `table ip one_tproxy`. */
  readonly map: string;
  /** The chain in `table bridge one_tproxy` that the network drivers make, too: it keeps requests for the address here. */
  readonly chain: string;
  /** The chain in `table bridge one_tproxy` that decides what may come in at a port. */
  readonly guardChain: string;
  /** The chain in `table bridge one_tproxy` that decides what may pass between the veth end and the other ports. */
  readonly portChain: string;
  /** The chain in `table bridge one_tproxy` that sends a guest's packets to the proxy, whatever route the guest has. */
  readonly redirectChain: string;
  /** The set of the service ports for which it does so. */
  readonly redirected: string;
  /** The chain that `portChain` jumps to, which decides from how many addresses a guest may speak to the proxy. */
  readonly senderChain: string;
  /** The set of those addresses, each with its port. */
  readonly senders: string;
  /** The set of ports from which a new address came, with what each may still have. */
  readonly newcomers: string;
  /** The set in `table bridge one_tproxy` that holds a copy of what is recorded of the bridge. */
  readonly copySet: string;
  /** The folder of the bridge's string, in which outer alone may make and rename files. */
  readonly stringDir: string;
  /** The string: the UNIX socket from inner to outer. */
  readonly socket: string;
  /** Where a new outer binds before it renames its socket over {@linkcode BridgeNames.socket}. */
  readonly nextSocket: string;
}

/**
 * Names everything that belongs to one bridge.
 *
 * @param bridge A validated bridge name.
 * @returns The names, as the contract with the network drivers has them.
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
  const stringDir = `${PROXY_DIR}/${bridge}`;
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
    senders: `senders_${bridge}`,
    newcomers: `newcomers_${bridge}`,
    copySet: `record_${bridge}`,
    stringDir,
    socket: `${stringDir}/outer.socket`,
    nextSocket: `${stringDir}/outer.socket.next`,
  };
}

/**
 * Finds the bridge that a map belongs to.
 *
 * @param map The name of a map in `table ip one_tproxy`, which anybody may have written.
 * @returns The bridge, or `undefined` if the map is not one of endpoints.
 * @throws {InputError} If it is named like one, but not after a bridge that can have a proxy.
 */
export function bridgeOfMap(map: string): BridgeName | undefined {
  return map.startsWith("ep_") ? parseBridgeName(map.slice("ep_".length)) : undefined;
}

/**
 * Finds the bridge whose record a set holds a copy of.
 *
 * @param set The name of a set in `table bridge one_tproxy`, which anybody may have written.
 * @returns The bridge, or `undefined` if the set is not one of copies, or is not named after a bridge that can have a proxy.
 */
export function bridgeOfCopy(set: string): BridgeName | undefined {
  const bridge = set.startsWith("record_") ? set.slice("record_".length) : "";
  return BRIDGE_NAME.test(bridge) ? bridge as BridgeName : undefined;
}
