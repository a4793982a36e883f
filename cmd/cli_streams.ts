/**
 * The verbs of `tproxy` about single streams.
 *
 * @module
 */

import { type KillTarget, parseIds } from "../lib/commands/kill.ts";
import { parseBridgeName } from "../lib/names.ts";
import type { StreamFilter } from "../lib/protocol/control.ts";
import type { Command } from "./cli.ts";
import { guestOf, portOf } from "./cli_values.ts";

/** What is asked about single streams. */
export type StreamsCommand =
  | {
    /** List streams. */
    readonly verb: "streams";
    /** Which. */
    readonly which: StreamFilter;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | {
    /** End streams. */
    readonly verb: "kill";
    /** Which. */
    readonly target: KillTarget;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  };

const STREAMS_EXAMPLE = `
Example: what a guest has open
  tproxy streams --guest 192.168.150.10`;

const KILL_EXAMPLE = `
Examples: a stream that "tproxy streams" has listed; all streams of a guest
  tproxy kill 9f3a01c2-17
  tproxy kill --guest 192.168.150.10`;

/**
 * Defines the verbs.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineStreams(program: Command, done: (command: StreamsCommand) => void): void {
  program.command("streams").description("list the streams that are open now")
    .option("--bridge <name>", "only those of this bridge's guests")
    .option("--guest <address>", "only those of the guest with this IPv4 address")
    .option("--service <port>", "only those to this service port")
    .option("--json", "print them as JSON", false)
    .addHelpText("after", STREAMS_EXAMPLE)
    .action(({ bridge, guest, service, json }, command: Command) => {
      const which = {
        ...(bridge === undefined ? {} : { bridge: parseBridgeName(bridge) }),
        ...(guest === undefined ? {} : { guest: guestOf(guest, command) }),
        ...(service === undefined ? {} : { servicePort: portOf(service, command) }),
      };
      done({ verb: "streams", which, json });
    });
  program.command("kill").description("end streams, and nothing else; the guest may connect again")
    .argument("[id...]", "the IDs of streams, as tproxy streams prints them")
    .option("--guest <address>", "all streams of the guest with this IPv4 address, on all bridges")
    .option("--json", "print those that were ended as JSON", false)
    .addHelpText("after", KILL_EXAMPLE)
    .action((ids: string[], { guest, json }, command: Command) => {
      if ((ids.length > 0) === (guest !== undefined)) command.error("error: name either IDs of streams or a guest");
      const target = guest === undefined ? { streams: parseIds(ids) } : { guest: guestOf(guest, command) };
      done({ verb: "kill", target, json });
    });
}
