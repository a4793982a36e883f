/**
 * Which VM is starting. Pure.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import type { VmAddress } from "./vm_addresses.ts";

/** For how long a VM counts as one that is starting, in seconds: until its port is there, or the start has failed. */
const STARTING_S = 60;

/**
 * Finds a VM that is starting on a bridge. Its port may not be there yet.
 *
 * @param known What is known.
 * @param bridge The bridge.
 * @param uptime The time, in seconds since the machine was booted.
 * @returns Its ID; `undefined` if no VM with an address on the bridge has started in the last minute.
 */
export function findStarting(known: readonly VmAddress[], bridge: BridgeName, uptime: number): number | undefined {
  return known.find(({ bridge: own, started = -Infinity, until }) => {
    // A former version wrote milliseconds since 1970, which are later than now.
    return own === bridge && until === undefined && started <= uptime && uptime - started < STARTING_S;
  })?.vm;
}
