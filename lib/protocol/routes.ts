/**
 * The route files, by which `tproxy` tells a daemon what to serve: one kind for inner, one for outer. They are derived
 * from nft and never edited. A daemon checks every value in its file, since it has no other source.
 *
 * @module
 */

import { type Fields, isObject } from "../is_object.ts";
import { type Endpoint, isIpv4, isPort } from "../address.ts";
import { InputError } from "../errors.ts";
import type { EndpointOptions, Limits } from "../limits.ts";
import { checkLimits, checkOptions, type WithOptions } from "../limits_codec.ts";
import { type DebugLevel, isDebugLevel } from "../log.ts";
import { type BridgeName, parseBridgeName } from "../names.ts";

/** A port that an inner proxy listens on. */
export interface ServedPort {
  /** The port. */
  readonly servicePort: number;
  /** The options of its endpoint; missing if there are none. */
  readonly options?: EndpointOptions;
}

/** What an inner proxy serves. */
export interface InnerRoutes {
  /** How much it logs. */
  readonly debugLevel: DebugLevel;
  /** The limits for all ports. */
  readonly limits: Limits;
  /** The ports it listens on. */
  readonly ports: readonly ServedPort[];
}

/** What the outer proxy serves: the endpoints of each bridge. */
export interface OuterRoutes {
  /** How much it logs. */
  readonly debugLevel: DebugLevel;
  /** The limits for all bridges and endpoints. */
  readonly limits: Limits;
  /** The endpoints, by bridge. */
  readonly bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>;
}

/**
 * Renders an inner proxy's file.
 *
 * @param routes What it is to serve.
 * @returns JSON, the same text for the same routes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULT_LIMITS, renderInnerRoutes } from "@one/tproxy";
 *
 * const text = renderInnerRoutes({ debugLevel: 2, limits: DEFAULT_LIMITS, ports: [{ servicePort: 5030 }] });
 * assert.deepEqual(JSON.parse(text).ports, [{ servicePort: 5030 }]);
 * ```
 */
export function renderInnerRoutes({ debugLevel, limits, ports }: InnerRoutes): string {
  return JSON.stringify({ debugLevel, limits, ports }) + "\n";
}

/**
 * Renders the outer proxy's file.
 *
 * @param routes What it is to serve.
 * @returns JSON, the same text for the same routes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DEFAULT_LIMITS, renderOuterRoutes } from "@one/tproxy";
 *
 * const text = renderOuterRoutes({ debugLevel: 2, limits: DEFAULT_LIMITS, bridges: new Map() });
 * assert.deepEqual(JSON.parse(text).bridges, {});
 * ```
 */
export function renderOuterRoutes({ debugLevel, limits, bridges }: OuterRoutes): string {
  return JSON.stringify({ debugLevel, limits, bridges: Object.fromEntries(bridges) }, undefined, 1) + "\n";
}

/**
 * Reads an inner proxy's file.
 *
 * @param text The file's text.
 * @returns What to serve.
 * @throws {InputError} If it is not a text that {@linkcode renderInnerRoutes} writes.
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
 * @throws {InputError} If it is not a text that {@linkcode renderOuterRoutes} writes.
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
