/**
 * The verb of `tproxy` that names the first broken link.
 *
 * @module
 */

import type { Scope } from "../lib/doctor/facts.ts";
import { parseBridgeName } from "../lib/names.ts";
import { defaultConfig } from "../lib/remotes.ts";
import type { Command } from "./cli.ts";
import { guestOf, portOf } from "./cli_values.ts";

/** What `tproxy doctor` is asked for. */
export interface DoctorCommand extends Scope {
  /** Name the first broken link between guests and services. */
  readonly verb: "doctor";
  /** Whether the answer is for a script. */
  readonly json: boolean;
}

const EXAMPLE = `
Example: a guest at 192.168.150.10 says that port 5030 does not answer
  tproxy doctor --guest 192.168.150.10 --port 5030`;

/**
 * Defines the verb.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 * @throws {import("../lib/errors.ts").InputError} If the bridge is no name of one; while a command line is read.
 */
export function defineDoctor(program: Command, done: (command: DoctorCommand) => void): void {
  program.command("doctor")
    .description(
      "walk the path from a guest to its service, and name the first broken link; changes nothing that stays",
    )
    .option("--bridge <name>", "only this bridge")
    .option("--guest <address>", "look for the guest with this IPv4 address")
    .option("--port <number>", "only this service port")
    .option("--json", "print it as JSON", false)
    .option("--config <file>", "the configuration", defaultConfig())
    .addHelpText("after", EXAMPLE)
    .action(({ bridge, guest, port, json, config }, command: Command) => {
      done({
        verb: "doctor",
        ...(bridge === undefined ? {} : { bridge: parseBridgeName(bridge) }),
        ...(guest === undefined ? {} : { guest: guestOf(guest, command) }),
        ...(port === undefined ? {} : { port: portOf(port, command) }),
        ...{ json, config },
      });
    });
}
