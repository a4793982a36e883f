/**
 * What a permission is. `daemon_permissions.ts` and `command_permissions.ts` say which ones each program has.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/** The values of Deno's `--allow-…` flags. An empty list is no flag, so no permission. */
export interface Permissions {
  /** Addresses and sockets. */
  readonly net: readonly string[];
  /** Files and folders. */
  readonly read: readonly string[];
  /** Files and folders. */
  readonly write: readonly string[];
  /** Programs, by absolute path. */
  readonly run: readonly string[];
  /** Environment variables. */
  readonly env: readonly string[];
  /** What the system tells of itself and of the process. */
  readonly sys: readonly string[];
}

/**
 * Renders permissions as Deno's flags.
 *
 * @param permissions The permissions.
 * @returns One flag for each kind of which anything is allowed, the one that turns questions into refusals, and the one
 * that refuses remote code.
 * @throws {InputError} If a value holds a comma, which the flags can't express.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { innerPermissions, parseBridgeName, toFlags } from "@one/tproxy";
 *
 * const flags = toFlags(innerPermissions(parseBridgeName("br0")));
 * assert.ok(flags.includes("--no-prompt"));
 * assert.ok(!flags.some((flag) => flag.startsWith("--allow-run")));
 * ```
 */
export function toFlags(permissions: Permissions): string[] {
  // Without the second, a program may import code from half a dozen public hosts, whatever its net permission says.
  const flags = ["--no-prompt", "--no-remote"];
  for (const kind of ["net", "read", "write", "run", "env", "sys"] as const) {
    const values = permissions[kind];
    const bad = values.find((value) => value.includes(","));
    if (bad !== undefined) throw new InputError(`${bad} holds a comma`, "use a path without one");
    if (values.length > 0) flags.push(`--allow-${kind}=${values.join(",")}`);
  }
  return flags;
}
