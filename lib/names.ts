/**
 * The names and addresses that are the same on every hypervisor, and the names that a bridge may have. `names_of.ts`
 * derives the names of what belongs to a bridge, `paths.ts` has folders and files. No other module spells one out, so
 * these three are the contract with OpenNebula's network drivers.
 *
 * @module
 */

import { InputError } from "./errors.ts";

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

/**
 * The network of a NIC that names only its bridge and no network. It gets the entries for all networks. No real network
 * can have this name, and no entry can name it.
 */
export const UNNAMED_NETWORK: { readonly name: "" } = { name: "" };

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
 * bridge a packet is on. No host has it: no address of `namesOf()` begins with "16". Its last four bytes are
 * 169.254.16.9.
 */
export const REDIRECT_MAC = "16:00:a9:fe:10:09";

/** A name that {@linkcode parseBridgeName} has accepted: safe as a device, in a path, in a command and in a rule. */
export type BridgeName = string & { readonly validated: "BridgeName" };

// Linux allows more characters in a device name (all but "/", ":" and white space). nft identifiers and the names that
// the drivers derive do not. 15 is IFNAMSIZ without the NUL.
export const BRIDGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;

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
