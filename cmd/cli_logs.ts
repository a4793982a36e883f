/**
 * The verbs of `tproxy` about the logs.
 *
 * @module
 */

import type { LogFilter } from "../lib/commands/log_line.ts";
import { parseSince } from "../lib/commands/logs.ts";
import { parseBridgeName } from "../lib/names.ts";
import { isTraceTime, LONGEST_TRACE } from "../lib/protocol/trace_time.ts";
import { isStreamId } from "../lib/protocol/stream_id.ts";
import type { Command } from "./cli.ts";
import { guestOf, portOf } from "./cli_values.ts";

/** What is asked of the logs. */
export type LogsCommand = ReadCommand | TraceCommand;

/** Print logs. */
interface ReadCommand {
  /** The verb. */
  readonly verb: "logs";
  /** Which lines are meant. */
  readonly filter: LogFilter;
  /** Whether to go on with what is written later. */
  readonly follow: boolean;
  /** Whether the lines are for a script. */
  readonly json: boolean;
}

/** Have the streams of a guest logged, and print what the logs say of it. */
interface TraceCommand {
  /** The verb. */
  readonly verb: "trace";
  /** The guest's address. */
  readonly guest: string;
  /** For how many seconds. */
  readonly seconds: number;
  /** Whether the lines are for a script. */
  readonly json: boolean;
}

const TRACE_EXAMPLE = `
Example: what a guest does in the next two minutes
  tproxy trace --guest 192.168.150.10 --seconds 120`;

const EXAMPLES = `
Examples: what has happened to a guest in the last hour; what happens now
  tproxy logs --guest 192.168.150.10 --since 1h
  tproxy logs --follow`;

/**
 * Defines the verbs.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineLogs(program: Command, done: (command: LogsCommand) => void): void {
  program.command("logs").description("print the logs of all proxies in the order of time")
    .option("--bridge <name>", "only what is about this bridge")
    .option("--guest <address>", "only what is about the guest with this IPv4 address")
    .option("--port <number>", "only what is about this service port")
    .option("--stream <id>", "only what is about this stream, in both halves")
    .option("--since <time>", "only from then on: 10m, 2h, 3d, or 2026-11-27T06:58 in UTC")
    .option("--follow", "go on with what is written later, until Ctrl-C", false)
    .option("--json", "print the lines as JSON, as the proxies have written them", false)
    .addHelpText("after", EXAMPLES)
    .action(({ bridge, guest, port, stream, since, follow, json }, command: Command) => {
      if (stream !== undefined && !isStreamId(stream)) {
        command.error(`error: ${JSON.stringify(stream)} is no ID of a stream`);
      }
      const filter = {
        ...(bridge === undefined ? {} : { bridge: parseBridgeName(bridge) }),
        ...(guest === undefined ? {} : { guest: guestOf(guest, command) }),
        ...(port === undefined ? {} : { servicePort: portOf(port, command) }),
        ...(stream === undefined ? {} : { stream }),
        ...(since === undefined ? {} : { since: parseSince(since, Date.now()) }),
      };
      done({ verb: "logs", filter, follow, json });
    });
  program.command("trace").description(
    "log all streams of a guest for a time, whatever the debug level, and print what the logs say",
  )
    .requiredOption("--guest <address>", "the guest with this IPv4 address")
    .option("--seconds <number>", `for how long, ${LONGEST_TRACE} at most`, "60")
    .option("--json", "print the lines as JSON, as the proxies have written them", false)
    .addHelpText("after", TRACE_EXAMPLE)
    .action(({ guest, seconds, json }, command: Command) => {
      const time = /^\d{1,4}$/.test(seconds) ? Number(seconds) : NaN;
      if (!isTraceTime(time)) command.error(`error: ${JSON.stringify(seconds)} is not 1 to ${LONGEST_TRACE} seconds`);
      done({ verb: "trace", guest: guestOf(guest, command), seconds: time, json });
    });
}
