/**
 * The route files, by which `tproxy` tells a daemon what to serve: one kind for inner, one for outer. They are derived
 * from nft and never edited.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { EndpointOptions, Limits } from "../limits.ts";
import type { DebugLevel } from "../log.ts";
import type { BridgeName } from "../names.ts";

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
