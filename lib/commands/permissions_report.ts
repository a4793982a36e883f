/**
 * What `tproxy permissions` prints: the user and the flags of each program. Pure, and the same on every host.
 *
 * @module
 */

import { commandPermissions } from "../permissions/command_permissions.ts";
import { innerPermissions, outerPermissions, probePermissions } from "../permissions/daemon_permissions.ts";
import { toFlags } from "../permissions/permissions.ts";
import { COMMAND_PROGRAMS, type Entrypoint } from "../permissions/verbs.ts";
import type { BridgeName } from "../names.ts";
import type { Form } from "../permissions/form.ts";

/** What one program may do. */
export interface Grant {
  /** The program. */
  readonly entrypoint: Entrypoint;
  /** {@linkcode EXAMPLE_BRIDGE} for an inner proxy. */
  readonly bridge?: BridgeName;
  /** The user it runs as. */
  readonly user: string;
  /** Its permission flags. */
  readonly flags: readonly string[];
}

/** Stands for any bridge. No bridge can have this name. */
export const EXAMPLE_BRIDGE = "<br>" as BridgeName;

/** Stands for every remote of the services of a bridge. */
const EXAMPLE_REMOTE = "<remote_addr>:<remote_port>";

/** Stands for the file that `sysdump` is told to write. */
export const EXAMPLE_FILE = "<file>";

const NOTE = `${EXAMPLE_BRIDGE} stands for each bridge, ${EXAMPLE_REMOTE} for each address of its services.
Where :tproxy_process_owner: is set, outer and inner run as that user. That is weaker: one that is taken over can end the
others.`;

/**
 * Lists what every program may do.
 *
 * @param config The configuration file.
 * @param form In which form the programs are there.
 * @returns Those that run as commands, outer, and the inner of {@linkcode EXAMPLE_BRIDGE}.
 */
export function listGrants(config: string, form: Form): Grant[] {
  const user = "a user of its own";
  const outer = outerPermissions(new Map([[EXAMPLE_BRIDGE, []]]));
  return [
    ...COMMAND_PROGRAMS.map((entrypoint) => ({
      entrypoint,
      user: "root",
      flags: toFlags(commandPermissions(entrypoint, config, form, EXAMPLE_FILE)),
    })),
    {
      entrypoint: "outer",
      user,
      flags: form.flagsOf("outer", { ...outer, net: [...outer.net, EXAMPLE_REMOTE] }),
    },
    {
      entrypoint: "inner",
      bridge: EXAMPLE_BRIDGE,
      user,
      flags: form.flagsOf("inner", innerPermissions(EXAMPLE_BRIDGE)),
    },
    { entrypoint: "probe", user: "outer's user", flags: form.flagsOf("probe", probePermissions([EXAMPLE_REMOTE])) },
  ];
}

/**
 * Renders a list for people.
 *
 * @param grants What programs may do.
 * @returns A paragraph for each program with a line for each flag, and what the placeholders stand for.
 */
export function renderGrants(grants: readonly Grant[]): string {
  const paragraphs = grants.map(({ entrypoint, bridge, user, flags }) => {
    const program = bridge === undefined ? entrypoint : `${entrypoint} ${bridge}`;
    return [`${program}, as ${user}`, ...flags].join("\n  ");
  });
  const isDaemon = grants.some(({ entrypoint }) => entrypoint === "outer" || entrypoint === "inner");
  return [...paragraphs, ...(isDaemon ? [NOTE] : [])].join("\n\n");
}
