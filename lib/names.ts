/**
 * All names and numbers that are visible outside: addresses, devices, namespaces, maps, chains, process titles and
 * files. No other module spells one out, so this module is the contract with OpenNebula's network drivers.
 *
 * @module
 */

import { InputError } from "./errors.ts";
import { hashDigits } from "./hash.ts";

/** The address at which every guest of every network finds the services, from the user document. */
export const GUEST_ADDRESS = "169.254.16.9";

/**
 * The address from which `tproxy doctor` tries the way of a guest out. No guest has it: RFC 3927, section 2.1, reserves
 * 169.254.0.0/24. The rules let no port but {@linkcode PROBE_PORT} send from it to a proxy.
 */
export const PROBE_ADDRESS = "169.254.0.16";

/** The port on a bridge that `tproxy doctor` makes for that time. There is one on a host at most. */
export const PROBE_PORT = "tproxy-probe";

/** The name of the nft tables, and the first part of namespace names, process titles and log names. */
export const TPROXY = "one_tproxy";

/** The name of the egress tables in nft, which limit what the proxies can send. */
export const EGRESS = `${TPROXY}_egress`;

/** The hypervisor's copy of the network drivers' configuration, as `onehost sync` leaves it. */
export const DEFAULT_CONFIG_PATH = "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf";

/** The one file that a compiled `sysdump` may write, since its permissions are part of it. */
export const DEFAULT_SYSDUMP = "/var/tmp/one-tproxy-sysdump.tar.gz";

/**
 * The network of a NIC that names only its bridge and no network. It gets the entries for all networks. No real network
 * can have this name, and no entry can name it.
 */
export const UNNAMED_NETWORK: { readonly name: "" } = { name: "" };

/** The network drivers' folder on a hypervisor, which `onehost sync` makes the same as the front-end's. */
export const DRIVERS_DIR = "/var/tmp/one/vnm";

/** The network drivers' folder on a front-end. `onehost sync` copies all that is beside it to each hypervisor. */
export const REMOTES_DIR = "/var/lib/one/remotes/vnm";

/** What `tproxy integrate --front-end` keeps: the way that it was told, and OpenNebula's own files. */
export const FRONT_END_DIR = "/var/lib/one/one-tproxy";

/** Where `install.sh` puts the programs unless it is told another folder. The files of `packaging/share/` name it. */
export const DEFAULT_PREFIX = "/opt/one-tproxy";

/** The folder in which sudo looks for further rules (sudoers(5)). */
export const SUDOERS_DIR = "/etc/sudoers.d";

/** What oneadmin may run as root, as `tproxy integrate` writes it. */
export const SUDOERS_FILE = `${SUDOERS_DIR}/one-tproxy`;

/** The folder in which `ip netns` keeps a file for each named network namespace (ip-netns(8)). */
export const NETNS_DIR = "/run/netns";

/** The folder of everything that one-tproxy derives at run time: sockets, route files and locks. */
export const RUN_DIR = "/run/one_tproxy";

/**
 * The folder of all files that proxies may write, except their logs. It is a small file system of its own. Root trusts
 * nothing in it. Its name is longer than the 15 characters of a bridge name, because older versions had a folder for
 * each bridge beside it.
 */
export const PROXY_DIR = `${RUN_DIR}/written-by-proxies`;

/**
 * The folder of the bridges' folders, in which inners find outer's sockets. Its name is longer than a bridge name may
 * be, because older versions had a folder for each bridge beside it.
 */
export const STRINGS_DIR = `${PROXY_DIR}/sockets-for-inners`;

/** The folder of the logs. */
export const LOG_DIR = "/var/log";

/**
 * Files that belong to no bridge. Each name is longer than the 15 characters of a bridge name, so no bridge can have
 * the same name.
 */
export const RUN_FILES = {
  setupRecord: `${RUN_DIR}/setup-record.json`,
  damagedRecord: `${RUN_DIR}/setup-record.damaged`,
  appliedRules: `${RUN_DIR}/rules-as-applied.json`,
  appliedEgress: `${RUN_DIR}/egress-as-applied.json`,
  vlanFilters: `${RUN_DIR}/vlan-filters.json`,
  vmAddresses: `${RUN_DIR}/addresses-of-vms.json`,
  setupLock: `${RUN_DIR}/kernel-state.lock`,
  daemonLock: `${RUN_DIR}/daemon-state.lock`,
  retired: `${RUN_DIR}/retired-proxies.json`,
  hold: `${RUN_DIR}/stopped-until-start`,
  latestPass: `${RUN_DIR}/latest-pass.json`,
  config: `${RUN_DIR}/configuration-as-read.json`,
  completedPass: `${RUN_DIR}/last-completed-pass.json`,
} as const;

/** The folder of Debian's node_exporter for files with metrics. */
export const TEXTFILE_DIR = "/var/lib/prometheus/node-exporter";

/**
 * Names the file with metrics.
 *
 * @param folder The folder, which a person chooses.
 * @returns The file, and its name while it is being written, which node_exporter does not read.
 */
export function textfileIn(folder: string): { readonly path: string; readonly temporary: string } {
  const path = `${folder}/${TPROXY}.prom`;
  return { path, temporary: `${path}.new` };
}

/**
 * The set of the bridge family that holds every bridge-side veth end. The rules use it on kernels without `meta
 * ibrname`.
 */
export const VETH_SET = "veth_ends";

/**
 * The sets of the bridge family that the rules of all bridges share.
 *
 * WHY shared: to list a table, nft asks the kernel for each of its sets, those without a name too, and for each of them
 * the kernel searches all sets of the table. With sets of its own for each bridge, a listing takes time in proportion
 * to the bridges' square.
 */
export const SHARED_SETS = {
  /** The kinds of guests' ports. */
  guestKinds: "guest_kinds",
  /** The EtherTypes of what guests and the proxy send to one another. */
  guestTypes: "guest_ethertypes",
  /** The EtherTypes with the fields of ARP. */
  arpTypes: "arp_ethertypes",
  /** The EtherTypes of VLAN tags. */
  vlanTypes: "vlan_ethertypes",
  /** The addresses from which each port has sent to a proxy. */
  senders: "senders",
  /** The ports that have used a new address, with the rate limit of each. */
  newcomers: "newcomers",
} as const;

/**
 * The MAC address to which packets are redirected on kernels without `meta ibrname`, where a rule can't tell which
 * bridge a packet is on. No host has it: no address of {@linkcode namesOf} begins with "16". Its last four bytes are
 * 169.254.16.9.
 */
export const REDIRECT_MAC = "16:00:a9:fe:10:09";

/** A name that {@linkcode parseBridgeName} has accepted: safe as a device, in a path, in a command and in a rule. */
export type BridgeName = string & { readonly validated: "BridgeName" };

// Linux allows more characters in a device name (all but "/", ":" and white space). nft identifiers and the names that
// the drivers derive do not. 15 is IFNAMSIZ without the NUL.
export const BRIDGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

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
