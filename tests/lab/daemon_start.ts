/**
 * Starting a proxy as `tproxy` does, by a shell: the same command line, environment and open files.
 *
 * @module
 */

import { commandLine, type DaemonStart, environmentOf } from "../../lib/daemon/command_line.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { checkout } from "../../lib/permissions/checkout.ts";
import { daemonFlags } from "../../lib/permissions/daemon_flags.ts";
import type { DenoForm } from "../../lib/permissions/run_by_deno.ts";
import type { Role } from "../../lib/role.ts";
import { ROOTLESS } from "./rootless.ts";
import { GATE } from "./scenario.ts";

/** What a daemon is started with that the runtime runs. */
export type ScriptStart = DaemonStart & { readonly form: DenoForm };

const BR0 = parseBridgeName("br0");

/**
 * Tells what a proxy is started with if only br0 is served, with the scenario's service.
 *
 * @param role What the proxy is.
 * @param host The inode of the hypervisor's network namespace; `tproxy` ignores a proxy with another one.
 * @returns Everything except the bounds of its memory, which depend on the machine.
 */
export function startOf(role: Role, host = 1): ScriptStart {
  const form = checkout();
  const endpoints = [{ servicePort: 5030, remoteAddr: GATE, remotePort: 5030 }];
  return {
    role,
    flags: daemonFlags(role, new Map([[BR0, { endpoints }]]), form),
    owner: ROOTLESS ? { name: "root", uid: 0, gid: 0 } : undefined,
    resources: [],
    groups: [],
    host,
    form,
  };
}

/**
 * Makes the command line.
 *
 * @param start What the proxy is started with.
 * @param program The JavaScript file that the runtime runs; by default the proxy's.
 * @returns A shell with its script and arguments.
 */
export function argvOf(start: ScriptStart, program: string = start.form[start.role.program]): string[] {
  const script = 'program=$1; shift; cd /; exec 3<"$0"; exec env -i "$@" <"$program"';
  const environment = Object.entries(environmentOf(start)).map(([name, value]) => `${name}=${value}`);
  return ["sh", "-c", script, start.form.runtime, program, ...environment, ...commandLine(start)];
}
