/**
 * The VLAN filter of a bridge's port: which VLANs pass, and which of them are untagged there. Pure.
 *
 * For QinQ, OpenNebula's network driver sets the filter on every port of the bridge, including `<br>b`. The kernel
 * removes it with the port.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";

/** A VLAN of a port. */
export interface Vlan {
  /** Its ID. */
  readonly vid: number;
  /** Whether untagged frames that come in at the port belong to this VLAN. */
  readonly pvid: boolean;
  /** Whether its frames leave the port untagged. */
  readonly untagged: boolean;
}

/** The largest VLAN ID (IEEE 802.1Q): 0 means no VLAN, and 4095 is reserved. */
const LAST_VID = 4094;

/**
 * Tells whether a value is a valid list of a port's VLANs.
 *
 * @param value Anything.
 * @returns Whether every VLAN is valid, none occurs twice, and at most one is the PVID.
 */
export function isVlans(value: unknown): value is readonly Vlan[] {
  if (!Array.isArray(value) || !value.every(isVlan)) return false;
  const ids = new Set(value.map(({ vid }) => vid));
  return ids.size === value.length && value.filter(({ pvid }) => pvid).length <= 1;
}

function isVlan(value: unknown): value is Vlan {
  if (typeof value !== "object" || value === null) return false;
  const { vid, pvid, untagged } = value as Partial<Record<keyof Vlan, unknown>>;
  return isVid(vid) && typeof pvid === "boolean" && typeof untagged === "boolean";
}

function isVid(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= LAST_VID;
}

/**
 * Parses the answer of `bridge -j vlan show`.
 *
 * @param json What bridge printed.
 * @returns The VLANs of each port, in ascending order of their IDs.
 * @throws {KernelStateError} If it is not a list of ports.
 */
export function parseVlans(json: string): Map<string, readonly Vlan[]> {
  try {
    const ports: readonly { ifname: string; vlans?: readonly ListedVlan[] }[] = JSON.parse(json);
    return new Map(ports.map(({ ifname, vlans = [] }) => {
      const all = vlans.flatMap(expand).toSorted((a, b) => a.vid - b.vid);
      if (typeof ifname !== "string" || !isVlans(all)) throw new TypeError("not a port with its VLANs");
      return [ifname, all];
    }));
  } catch (cause) {
    throw new KernelStateError("Cannot read what bridge listed: it is not a list of ports", "", { cause });
  }
}

/** A listed VLAN, or a range of VLANs. */
interface ListedVlan {
  readonly vlan: number;
  readonly vlanEnd?: number;
  readonly flags?: readonly string[];
}

function expand({ vlan, vlanEnd = vlan, flags = [] }: ListedVlan): Vlan[] {
  if (!isVid(vlan) || !isVid(vlanEnd)) throw new TypeError("not a VLAN");
  const [pvid, untagged] = [flags.includes("PVID"), flags.includes("Egress Untagged")];
  return Array.from({ length: vlanEnd - vlan + 1 }, (_, i) => ({ vid: vlan + i, pvid, untagged }));
}

/**
 * Compares two lists of VLANs.
 *
 * @param a One, in ascending order.
 * @param b The other, in ascending order.
 * @returns Whether they are the same.
 */
export function isSameVlans(a: readonly Vlan[], b: readonly Vlan[]): boolean {
  return a.length === b.length && a.every((vlan, i) => isSame(vlan, b[i]));
}

function isSame(a: Vlan, b: Vlan | undefined): boolean {
  return b !== undefined && a.vid === b.vid && a.pvid === b.pvid && a.untagged === b.untagged;
}

/**
 * Plans how to set the VLANs of a port.
 *
 * @param port The port's name.
 * @param present The VLANs that it has.
 * @param wanted The VLANs that it should have.
 * @returns Lines for `bridge -batch`.
 */
export function planVlans(port: string, present: readonly Vlan[], wanted: readonly Vlan[]): string[] {
  const gone = present.filter(({ vid }) => !wanted.some((vlan) => vlan.vid === vid));
  const changed = wanted.filter((vlan) => !present.some((other) => isSame(vlan, other)));
  return [
    ...gone.map(({ vid }) => `vlan del dev ${port} vid ${vid}`),
    ...changed.map(({ vid, pvid, untagged }) => {
      return `vlan add dev ${port} vid ${vid}${pvid ? " pvid" : ""}${untagged ? " untagged" : ""}`;
    }),
  ];
}
