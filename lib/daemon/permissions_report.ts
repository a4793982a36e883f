/**
 * What `tproxy permissions` prints: whom each program runs as, and with which flags. Pure.
 *
 * @module
 */

import type { Entrypoint } from "../cli.ts";
import type { BridgeName } from "../names.ts";
import { daemonFlags } from "./daemon_flags.ts";
import type { Desired } from "./desired.ts";
import { type DaemonFiles, setupPermissions, toFlags, tproxyPermissions } from "./permissions.ts";

/** What one program may do. */
export interface Grant {
  /** The program. */
  readonly entrypoint: Entrypoint;
  /** The bridge of an inner proxy; {@linkcode EXAMPLE_BRIDGE} if no bridge has one. */
  readonly bridge?: BridgeName;
  /** The user it runs as. */
  readonly user: string;
  /** Its permission flags. */
  readonly flags: readonly string[];
}

/** Stands for a bridge as long as there is none. No bridge can be called that. */
export const EXAMPLE_BRIDGE = "<br>" as BridgeName;

/**
 * Lists what the programs may do that an operator, or a hook, runs.
 *
 * @param config The configuration file.
 * @param files The daemons' files.
 * @returns `setup`, then `tproxy`.
 */
export function listCommands(config: string, files: DaemonFiles): Grant[] {
  return [
    { entrypoint: "setup", user: "root", flags: toFlags(setupPermissions(config)) },
    { entrypoint: "tproxy", user: "root", flags: toFlags(tproxyPermissions(config, files)) },
  ];
}

/**
 * Lists what the daemons may do that should run.
 *
 * @param desired What should run.
 * @param files The daemons' files.
 * @returns Outer, then the inner of each bridge; of {@linkcode EXAMPLE_BRIDGE}, without an endpoint, if nothing should run.
 */
export function listDaemons({ owner, bridges }: Pick<Desired, "owner" | "bridges">, files: DaemonFiles): Grant[] {
  const user = owner?.name ?? "a user of its own";
  const served = bridges.size > 0 ? bridges : new Map([[EXAMPLE_BRIDGE, { endpoints: [] }]]);
  const inners = [...served.keys()].map((bridge): Grant => {
    return { entrypoint: "inner", bridge, user, flags: daemonFlags(bridge, served, files) };
  });
  return [{ entrypoint: "outer", user, flags: daemonFlags(undefined, served, files) }, ...inners];
}

/**
 * Renders a list for people.
 *
 * @param grants What programs may do.
 * @returns A paragraph for each program, with a line for each flag.
 */
export function renderGrants(grants: readonly Grant[]): string {
  const paragraphs = grants.map(({ entrypoint, bridge, user, flags }) => {
    const program = bridge === undefined ? entrypoint : `${entrypoint} ${bridge}`;
    return [`${program}, as ${user}`, ...flags].join("\n  ");
  });
  if (grants.some(({ flags }) => flags.some((flag) => flag.includes(EXAMPLE_BRIDGE)))) {
    paragraphs.push(`No bridge has endpoints now: ${EXAMPLE_BRIDGE} stands for one. Outer may dial its remotes, too.`);
  }
  return paragraphs.join("\n\n");
}
