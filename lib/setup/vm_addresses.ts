/**
 * Which VM had which address on this host, and when. Pure.
 *
 * WHY with times: an address that a VM gives back is another VM's soon. A line in a log is about the VM that had the
 * address when the stream was opened.
 *
 * @module
 */

import { isIpv4 } from "../address.ts";
import { printable } from "../config/config.ts";
import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";
import { BRIDGE_NAME, type BridgeName } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import type { Nic } from "./vm_xml.ts";

/** An address that OpenNebula has given to a VM. */
export interface VmAddress {
  /** The bridge that the VM's NIC is on. */
  readonly bridge: BridgeName;
  /** The address. */
  readonly address: string;
  /** The VM's ID. */
  readonly vm: number;
  /** The name of the NIC's network, or its ID if it has no name; missing if it has neither. */
  readonly network?: string;
  /** Since when the VM has it, in milliseconds since 1970. */
  readonly since: number;
  /** When it last started, in seconds since the machine was booted, which no change of the clock changes. */
  readonly started?: number;
  /** Until when it had it, in milliseconds since 1970; missing if it has it now. */
  readonly until?: number;
}

/** How many addresses are kept: those of some hundred VMs that run, and of those that have run lately. */
const MOST = 2_000;

/** How long the name of a network may be, in UTF-16 units. OpenNebula's have 128 characters at most. */
const LONGEST_NAME = 128;

/**
 * Notes that a VM is about to start, or gets a NIC. An address that another VM on the bridge had is this one's from now on.
 *
 * @param known What is known.
 * @param vm The VM's ID.
 * @param nics Its NICs. One without an address tells nothing.
 * @param now The time, in milliseconds since 1970.
 * @param uptime The time, in seconds since the machine was booted.
 * @returns What is known then: addresses that nobody has any more first, each in the order in which they came.
 */
export function withVm(
  known: readonly VmAddress[],
  vm: number,
  nics: readonly Nic[],
  now: number,
  uptime: number,
): VmAddress[] {
  const added = nics.flatMap(({ bridge, address, network: { name, id } }): VmAddress[] => {
    // People choose the names of networks.
    const network = printable((name || id || "").slice(0, LONGEST_NAME));
    const isKnown = known.some((one) => has(one, bridge, address) && one.vm === vm);
    if (address === undefined || isKnown) return [];
    return [{ bridge, address, vm, ...(network === "" ? {} : { network }), since: now, started: uptime }];
  });
  const isTaken = (one: VmAddress) => added.some(({ bridge, address }) => has(one, bridge, address));
  const noted = known.map((one) => {
    if (isTaken(one)) return { ...one, until: now };
    return isOf(one, vm, nics) ? { ...one, started: uptime } : one;
  });
  const all = [...noted, ...added];
  // The oldest that nobody has any more are forgotten first.
  return [...all.filter(({ until }) => until !== undefined), ...all.filter(({ until }) => until === undefined)]
    .slice(-MOST);
}

/**
 * Notes that a VM has gone, or has lost a NIC.
 *
 * @param known What is known.
 * @param vm The VM's ID.
 * @param nics The NICs that it has no more.
 * @param now The time, in milliseconds since 1970.
 * @returns What is known then.
 */
export function withoutVm(known: readonly VmAddress[], vm: number, nics: readonly Nic[], now: number): VmAddress[] {
  return known.map((one) => isOf(one, vm, nics) ? { ...one, until: now } : one);
}

/** Whether it is about an address that a VM has now by one of these NICs. */
function isOf(one: VmAddress, vm: number, nics: readonly Nic[]): boolean {
  return one.vm === vm && nics.some(({ bridge, address }) => has(one, bridge, address));
}

/** Whether it is about this address, and a VM has it now. */
function has(one: VmAddress, bridge: BridgeName, address: string | undefined): boolean {
  return one.until === undefined && one.bridge === bridge && one.address === address;
}

/** Finds the VM that had an address. */
export type FindVm = (bridge: string, address: string, at: number) => Pick<VmAddress, "vm" | "network"> | undefined;

/**
 * Makes what is known findable.
 *
 * @param known What is known.
 * @returns A function that finds the VM which had an address of a bridge at a time, in milliseconds since 1970.
 */
export function finderOf(known: readonly VmAddress[]): FindVm {
  const byAddress = Map.groupBy(known, ({ bridge, address }) => `${bridge} ${address}`);
  return (bridge, address, at) => {
    const found = byAddress.get(`${bridge} ${address}`)
      ?.find(({ since, until = Infinity }) => since <= at && at < until);
    return found && { vm: found.vm, ...(found.network === undefined ? {} : { network: found.network }) };
  };
}

/**
 * Parses what is known.
 *
 * @param text The text of the file.
 * @returns What is known, without what is not well formed; `undefined` if the text is no list.
 */
export function parseVmAddresses(text: string): VmAddress[] | undefined {
  const value = parseJson(text);
  return Array.isArray(value) ? value.filter(isVmAddress).slice(-MOST) : undefined;
}

function isVmAddress(value: unknown): value is VmAddress {
  if (!isObject<keyof VmAddress>(value)) return false;
  const { bridge, address, vm, network, since, started, until } = value;
  return typeof bridge === "string" && BRIDGE_NAME.test(bridge) && isIpv4(address) && isCount(vm) && isCount(since) &&
    (started === undefined || isCount(started)) && (until === undefined || isCount(until)) &&
    (network === undefined ||
      typeof network === "string" && network.length <= LONGEST_NAME && network === printable(network));
}
