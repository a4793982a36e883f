/**
 * All programs with their permissions, with placeholders for what differs from host to host. Pure.
 *
 * @module
 */

import { DEFAULT_CONFIG_PATH, DRIVERS_DIR } from "../../lib/paths.ts";
import { EXAMPLE_BRIDGE } from "../../lib/commands/permissions_report.ts";
import { commandPermissions } from "../../lib/permissions/command_permissions.ts";
import { innerPermissions, outerPermissions, probePermissions } from "../../lib/permissions/daemon_permissions.ts";
import type { Permissions } from "../../lib/permissions/permissions.ts";
import { COMMAND_PROGRAMS } from "../../lib/permissions/verbs.ts";

/** What a form of the programs lets the commands read. */
export const FORM = {
  reads: ["<runtime>", "<inner.js>", "<outer.js>"],
  installed: ["<mode>", "<refused>", DRIVERS_DIR],
  drivers: DRIVERS_DIR,
  probed: ["<runtime>", "<probe.js>"],
  share: ["<share>"],
  kept: ["<mode>", "<kept>"],
};

const outer = outerPermissions(new Map([[EXAMPLE_BRIDGE, []]]));

/** The programs' permissions, those of the proxies first. */
export const PROGRAMS: Readonly<Record<string, Permissions>> = {
  inner: innerPermissions(EXAMPLE_BRIDGE),
  // Every host has other services for outer to dial.
  outer: { ...outer, net: [...outer.net, "<remote_addr>:<remote_port>"] },
  probe: probePermissions(["<address>:<port>"]),
  ...Object.fromEntries(
    COMMAND_PROGRAMS.map((program) => [program, commandPermissions(program, DEFAULT_CONFIG_PATH, FORM)]),
  ),
};
