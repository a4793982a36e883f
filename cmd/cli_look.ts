/**
 * The verbs of `tproxy` that only look, and print what they see.
 *
 * @module
 */

import { defaultConfig } from "../lib/remotes.ts";
import { COMMAND_PROGRAMS, type Entrypoint } from "../lib/permissions/verbs.ts";
import { Argument, type Command, Option } from "./cli.ts";

/** What `look` is asked for. */
export type LookCommand =
  | {
    /** Tell what runs. */
    readonly verb: "status";
    /** Two words a line, as the user document has it; a table; or all that is known, for a script. */
    readonly form: "plain" | "wide" | "json";
  }
  | {
    /** Check the configuration. */
    readonly verb: "check";
    /** Whether to say what OpenNebula's own driver makes of it. */
    readonly asDriver: boolean;
    /** The configuration file. */
    readonly config: string;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | {
    /** Tell what each program may do, or whether those that run may do just that. */
    readonly verb: "permissions";
    /** The one program it is about; all of them if it is missing. */
    readonly entrypoint?: Entrypoint;
    /** Whether it is about the daemons that run. */
    readonly running: boolean;
    /** The configuration file. */
    readonly config: string;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | {
    /** Tell what the proxies do, for monitoring. */
    readonly verb: "metrics";
    /** The folder in which the program `textfile` writes them; missing if `look` prints them. */
    readonly textfile?: string;
  };

const METRICS_EXAMPLE = `
Example: what a service has refused, and by which limit
  tproxy metrics | grep '^one_tproxy_refused_total.*service_port="5030"'`;

/**
 * Defines the verbs that only look.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineLook(program: Command, done: (command: LookCommand) => void): void {
  program.command("status").description("print the process ID of every proxy that runs")
    .addOption(new Option("--wide", "print a table, with those that only finish their streams").conflicts("json"))
    .option("--json", "print all that is known of each, as JSON")
    .action(({ wide, json }) => done({ verb: "status", form: wide ? "wide" : json ? "json" : "plain" }));
  program.command("check").description("print what is configured, for whom, and what is wrong with it")
    .option("--as-driver", "print as well what OpenNebula's own driver makes of it, as with --drop-in", false)
    .option("--config <file>", "the configuration", defaultConfig())
    .option("--json", "print it as JSON")
    .action(({ asDriver, config, json = false }) => done({ verb: "check", asDriver, config, json }));
  program.command("permissions").description("print the user and the permission flags of each program")
    .addArgument(
      new Argument("[entrypoint]", "the only one to be printed").choices([
        ...COMMAND_PROGRAMS,
        "outer",
        "inner",
        "probe",
      ]),
    )
    .option("--running", "compare every proxy that runs with what it should be")
    .option("--config <file>", "the configuration", defaultConfig())
    .option("--json", "print it as JSON")
    .action((entrypoint: Entrypoint | undefined, { running = false, json = false, config }, command: Command) => {
      if (running && [...COMMAND_PROGRAMS, "probe"].some((name) => name === entrypoint)) {
        command.error(`error: ${entrypoint} is no proxy; name "outer" or "inner" with --running`);
      }
      done({ verb: "permissions", ...(entrypoint === undefined ? {} : { entrypoint }), running, json, config });
    });
  program.command("metrics").description("print what the proxies do, for monitoring, as OpenMetrics")
    .option("--textfile <dir>", "write them there instead, for node_exporter's textfile collector")
    .addHelpText("after", METRICS_EXAMPLE)
    .action(({ textfile }) => done({ verb: "metrics", ...(textfile === undefined ? {} : { textfile }) }));
}
