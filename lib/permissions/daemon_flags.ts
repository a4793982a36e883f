/**
 * What a daemon may do that is started now.
 *
 * @module
 */

import { type Endpoint, endpointsByBridge } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { Role } from "../role.ts";
import type { Form } from "./form.ts";
import { innerPermissions, outerPermissions } from "./daemon_permissions.ts";

/**
 * Renders what a daemon may do.
 *
 * @param role What the daemon is.
 * @param bridges Every bridge that is served, with its endpoints.
 * @param form In which form it is there.
 * @returns Its flags: exactly what it needs for these bridges; or what it was compiled with, so that they never differ
 * and no change of the bridges asks for a successor.
 */
export function daemonFlags(
  role: Role,
  bridges: ReadonlyMap<BridgeName, { readonly endpoints: readonly Endpoint[] }>,
  form: Form,
): readonly string[] {
  const permissions = role.program === "inner"
    ? innerPermissions(role.bridge)
    : outerPermissions(endpointsByBridge(bridges));
  return form.flagsOf(role.program, permissions);
}
