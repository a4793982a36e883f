/**
 * What the proxies are told to serve.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { InputError } from "../errors.ts";
import type { BridgeName } from "../names.ts";
import { parseOuterRoutes } from "../protocol/parse_routes.ts";
import { OUTER } from "../role.ts";
import { readIfThere } from "../run_dir.ts";

/**
 * Reads outer's routes.
 *
 * @returns The endpoints of every bridge; none if there is no such file, or if it is damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readServed(): ReadonlyMap<BridgeName, readonly Endpoint[]> {
  const text = readIfThere(OUTER.routesFile);
  try {
    return text === undefined ? new Map() : parseOuterRoutes(text).bridges;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return new Map();
  }
}
