/**
 * The two kinds of file by which `tproxy` tells a daemon what to serve. They are derived from nft, never edited; a
 * daemon checks every value, since its file is all that it knows of the world.
 *
 * @module
 */

import { type Endpoint, isIpv4, isPort } from "./address.ts";
import { InputError } from "./errors.ts";
import { type DebugLevel, isDebugLevel } from "./log.ts";
import { type BridgeName, parseBridgeName } from "./names.ts";

/** What an inner proxy serves. */
export interface InnerRoutes {
  /** How much it logs. */
  readonly debugLevel: DebugLevel;
  /** The ports it listens on. */
  readonly ports: readonly number[];
}

/** What the outer proxy serves: for each bridge, for each service port, where the service is. */
export interface OuterRoutes {
  /** How much it logs. */
  readonly debugLevel: DebugLevel;
  /** The endpoints, by bridge. */
  readonly bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>;
}

/**
 * Renders an inner proxy's file.
 *
 * @param routes What it is to serve.
 * @returns JSON, the same text for the same routes.
 */
export function renderInnerRoutes({ debugLevel, ports }: InnerRoutes): string {
  return JSON.stringify({ debugLevel, ports }) + "\n";
}

/**
 * Renders the outer proxy's file.
 *
 * @param routes What it is to serve.
 * @returns JSON, the same text for the same routes.
 */
export function renderOuterRoutes({ debugLevel, bridges }: OuterRoutes): string {
  return JSON.stringify({ debugLevel, bridges: Object.fromEntries(bridges) }, undefined, 1) + "\n";
}

/**
 * Reads an inner proxy's file.
 *
 * @param text The file's text.
 * @returns What to serve.
 * @throws {InputError} If it is anything but what {@linkcode renderInnerRoutes} writes.
 */
export function parseInnerRoutes(text: string): InnerRoutes {
  const { debugLevel, ports } = parseObject(text);
  if (!isDebugLevel(debugLevel)) throw wrong("debugLevel");
  if (!Array.isArray(ports) || !ports.every(isPort)) throw wrong("ports");
  return { debugLevel, ports };
}

/**
 * Reads the outer proxy's file.
 *
 * @param text The file's text.
 * @returns What to serve.
 * @throws {InputError} If it is anything but what {@linkcode renderOuterRoutes} writes.
 */
export function parseOuterRoutes(text: string): OuterRoutes {
  const { debugLevel, bridges } = parseObject(text);
  if (!isDebugLevel(debugLevel)) throw wrong("debugLevel");
  if (!isObject(bridges)) throw wrong("bridges");
  return {
    debugLevel,
    bridges: new Map(
      Object.entries(bridges).map(([name, endpoints]) => {
        if (!Array.isArray(endpoints)) throw wrong(`bridges.${name}`);
        return [parseBridgeName(name), endpoints.map((endpoint) => parseEndpoint(name, endpoint))];
      }),
    ),
  };
}

function parseEndpoint(bridge: string, value: unknown): Endpoint {
  if (!isObject(value)) throw wrong(`bridges.${bridge}`);
  const { servicePort, remoteAddr, remotePort } = value;
  if (!isPort(servicePort) || !isIpv4(remoteAddr) || !isPort(remotePort)) throw wrong(`bridges.${bridge}`);
  return { servicePort, remoteAddr, remotePort };
}

interface Fields {
  readonly [key: string]: unknown;
  readonly debugLevel?: unknown;
  readonly ports?: unknown;
  readonly bridges?: unknown;
  readonly servicePort?: unknown;
  readonly remoteAddr?: unknown;
  readonly remotePort?: unknown;
}

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError("The route file is not JSON", REMEDY, { cause });
  }
  if (!isObject(value)) throw wrong("the whole");
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(what: string): InputError {
  return new InputError(`The route file is damaged: ${what} is not what it has to be`, REMEDY);
}

const REMEDY = 'run "tproxy reload", which writes it again';
