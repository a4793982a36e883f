/**
 * Reading the route files. A daemon checks every value in its file, since it has no other source.
 *
 * @module
 */

import { type Endpoint, isIpv4, isPort } from "../address.ts";
import { InputError } from "../errors.ts";
import { type Fields, isObject } from "../is_object.ts";
import type { Limits } from "../limits.ts";
import { checkLimits, checkOptions, type WithOptions } from "../limits_codec.ts";
import { type DebugLevel, isDebugLevel } from "../log.ts";
import { parseBridgeName } from "../names.ts";
import type { InnerRoutes, OuterRoutes, ServedPort } from "./routes.ts";

/**
 * Reads an inner proxy's file.
 *
 * @param text The file's text.
 * @returns What to serve.
 * @throws {InputError} If it is not a text that `renderInnerRoutes()` writes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULT_LIMITS, parseInnerRoutes, renderInnerRoutes } from "@one/tproxy";
 *
 * const routes = { debugLevel: 2, limits: DEFAULT_LIMITS, ports: [{ servicePort: 5030 }] } as const;
 * assert.deepEqual(parseInnerRoutes(renderInnerRoutes(routes)), routes);
 * ```
 */
export function parseInnerRoutes(text: string): InnerRoutes {
  const { ports, ...rest } = parseObject(text);
  if (!Array.isArray(ports)) throw wrong("ports");
  return { ...parseSettings(rest), ports: ports.map(parseServedPort) };
}

/**
 * Reads the outer proxy's file.
 *
 * @param text The file's text.
 * @returns What to serve.
 * @throws {InputError} If it is not a text that `renderOuterRoutes()` writes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULT_LIMITS, parseOuterRoutes, renderOuterRoutes } from "@one/tproxy";
 *
 * const routes = { debugLevel: 2, limits: DEFAULT_LIMITS, bridges: new Map() } as const;
 * assert.deepEqual(parseOuterRoutes(renderOuterRoutes(routes)), routes);
 * ```
 */
export function parseOuterRoutes(text: string): OuterRoutes {
  const { bridges, ...rest } = parseObject(text);
  if (!isObject<Key>(bridges)) throw wrong("bridges");
  return {
    ...parseSettings(rest),
    bridges: new Map(
      Object.entries(bridges).map(([name, endpoints]) => {
        if (!Array.isArray(endpoints)) throw wrong(`bridges.${name}`);
        return [parseBridgeName(name), endpoints.map((endpoint) => parseEndpoint(name, endpoint))];
      }),
    ),
  };
}

function parseSettings({ debugLevel, limits }: Fields<Key>): { debugLevel: DebugLevel; limits: Limits } {
  if (!isDebugLevel(debugLevel)) throw wrong("debugLevel");
  const checked = checkLimits(limits);
  if (checked === undefined) throw wrong("limits");
  return { debugLevel, limits: checked };
}

function parseServedPort(value: unknown): ServedPort {
  if (!isObject<Key>(value) || !isPort(value.servicePort)) throw wrong("ports");
  return { servicePort: value.servicePort, ...parseOptions("ports", value) };
}

function parseOptions(where: string, { options }: Fields<Key>): WithOptions {
  const checked = checkOptions(options);
  if (checked === undefined) throw wrong(`${where}: options`);
  return checked;
}

function parseEndpoint(bridge: string, value: unknown): Endpoint {
  if (!isObject<Key>(value)) throw wrong(`bridges.${bridge}`);
  const { servicePort, remoteAddr, remotePort, backupAddrs } = value;
  if (!isPort(servicePort) || !isIpv4(remoteAddr) || !isPort(remotePort)) throw wrong(`bridges.${bridge}`);
  const hasBackups = Array.isArray(backupAddrs) && backupAddrs.every(isIpv4);
  if (backupAddrs !== undefined && !hasBackups) throw wrong(`bridges.${bridge}`);
  const backups = hasBackups && backupAddrs.length > 0 ? { backupAddrs } : {};
  return { servicePort, remoteAddr, remotePort, ...backups, ...parseOptions(`bridges.${bridge}`, value) };
}

/** The keys of all objects in a route file. */
type Key =
  | ("debugLevel" | "limits" | "ports" | "bridges")
  | ("servicePort" | "remoteAddr" | "remotePort" | "backupAddrs" | "options");

function parseObject(text: string): Fields<Key> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError("The route file is not JSON", REMEDY, { cause });
  }
  if (!isObject<Key>(value)) throw wrong("the whole");
  return value;
}

function wrong(what: string): InputError {
  return new InputError(`The route file is damaged: ${what} is not what it has to be`, REMEDY);
}

const REMEDY = 'run "tproxy reload", which writes it again';
