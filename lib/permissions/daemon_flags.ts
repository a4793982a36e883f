/**
 * What a daemon may do that is started now, whatever it is made of.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { Role } from "../role.ts";
import { type DaemonFiles, innerPermissions, outerPermissions, toFlags } from "./table.ts";
import { compiledFlags } from "./compiled.ts";

/**
 * Renders what a daemon may do.
 *
 * @param role What the daemon is.
 * @param bridges Every bridge that is served, with its endpoints.
 * @param files What it is made of.
 * @returns Its flags: exactly what it needs for these bridges; or what it was compiled with, so that they never differ and
 * no change of the bridges asks for a successor.
 */
export function daemonFlags(
  role: Role,
  bridges: ReadonlyMap<BridgeName, { readonly endpoints: readonly Endpoint[] }>,
  files: DaemonFiles,
): readonly string[] {
  if (files.runtime === undefined) return compiledFlags(role.program);
  if (role.program === "inner") return toFlags(innerPermissions(role.bridge));
  return toFlags(outerPermissions(new Map([...bridges].map(([name, { endpoints }]) => [name, endpoints]))));
}
