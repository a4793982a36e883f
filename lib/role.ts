/**
 * The two roles that a proxy can have, outer or the inner of one bridge, and the names of what belongs to each.
 *
 * @module
 */

import { type BridgeName, TPROXY } from "./names.ts";
import { LOG_DIR, PROXY_DIR, RUN_DIR } from "./paths.ts";

/** The title of a daemon: `one_tproxy` for outer, `one_tproxy_<br>` for the inner of the bridge `<br>`. */
export type Title = "one_tproxy" | `one_tproxy_${string}`;

/**
 * The names of a daemon and of its files. The names of the files are longer than a bridge name may be, so no bridge can
 * have the same name.
 */
export interface DaemonNames {
  /** Its process title. */
  readonly title: Title;
  /** Its log. */
  readonly log: string;
  /** Its route file. */
  readonly routesFile: string;
  /** The file in which it publishes its counts. */
  readonly statsFile: string;
  /**
   * The files in which daemons of this role publish how much of each limit their streams take, one file for each
   * daemon.
   */
  readonly usageFiles: readonly string[];
}

/** The role of the service-facing proxy, of which a hypervisor has one. */
export interface OuterRole extends DaemonNames {
  /** The program that has this role. */
  readonly program: "outer";
  /** It serves all bridges. */
  readonly bridge?: undefined;
}

/** The role of the guest-facing proxy of one bridge. */
export interface InnerRole extends DaemonNames {
  /** The program that has this role. */
  readonly program: "inner";
  /** The bridge whose guests it serves. */
  readonly bridge: BridgeName;
}

/** What a daemon is: outer, or the inner of a bridge. */
export type Role = OuterRole | InnerRole;

/**
 * How many daemons of one role there may be, one that serves and others that drain. If there is no room for a restart,
 * the oldest one is ended first.
 */
export const MOST_OF_ONE_ROLE = 8;

function numbered(path: string): string[] {
  return Array.from({ length: MOST_OF_ONE_ROLE }, (_, i) => `${path}.${i}.json`);
}

/** The role of the outer proxy. */
export const OUTER: OuterRole = {
  program: "outer",
  title: TPROXY,
  log: `${LOG_DIR}/${TPROXY}.log`,
  routesFile: `${RUN_DIR}/outer-routes.json`,
  statsFile: `${PROXY_DIR}/outer-stats.json`,
  usageFiles: numbered(`${PROXY_DIR}/outer-usage`),
};

/**
 * Names the role of a bridge's inner proxy.
 *
 * @param bridge The bridge.
 * @returns Its role.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { innerOf, parseBridgeName } from "@one/tproxy";
 *
 * assert.equal(innerOf(parseBridgeName("br0")).log, "/var/log/one_tproxy_br0.log");
 * ```
 */
export function innerOf(bridge: BridgeName): InnerRole {
  const title: Title = `${TPROXY}_${bridge}`;
  return {
    program: "inner",
    bridge,
    title,
    log: `${LOG_DIR}/${title}.log`,
    routesFile: `${RUN_DIR}/inner-ports.${bridge}.json`,
    statsFile: `${PROXY_DIR}/inner-stats.${bridge}.json`,
    usageFiles: numbered(`${PROXY_DIR}/inner-usage.${bridge}`),
  };
}
