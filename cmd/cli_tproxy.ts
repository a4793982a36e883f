/**
 * The command line of `tproxy`.
 *
 * @module
 */

import type { Verb } from "../lib/daemon/reconcile.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";
import type { Entrypoint } from "../lib/permissions/table.ts";
import { Argument, type Command, type Definition, type Done, Option, parse } from "./cli.ts";

/** The description of `--config`. */
const CONFIG = "the configuration";

/** What `tproxy` is asked for. */
export type TproxyCommand =
  | {
    /** Change what runs, or keep it as it should be. */
    readonly verb: Verb | "watch";
    /** The configuration file: what is served is in nft, and the user, the limits and the debug level are in here. */
    readonly config: string;
  }
  | {
    /** Apply the configuration to all bridges that `setup` has recorded. */
    readonly verb: "apply";
    /** The configuration file. */
    readonly config: string;
    /** Whether to say what would change, and change nothing. */
    readonly dryRun: boolean;
    /** Whether more than half of all services may go. */
    readonly yes: boolean;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
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
  | Done;

/**
 * Reads the command line of `tproxy`.
 *
 * @param args The arguments.
 * @returns What it is asked for.
 */
export function parseTproxy(args: readonly string[]): TproxyCommand {
  return parse(TPROXY, args);
}

/** The program. */
export const TPROXY: Definition<TproxyCommand> = {
  name: "tproxy",
  description: "Controls the proxies of this hypervisor",
  define: defineTproxy,
};

const VERBS: Readonly<Record<Verb | "watch", string>> = {
  start: "start what is missing, stop what is not wanted; does nothing if all is well",
  stop: "stop all proxies until the next start, restart or reload",
  restart: "replace every proxy by a new one; live streams go on",
  reload: "like start, and have every proxy read its routes and reopen its log",
  watch: "stay, and keep all proxies and bridges as they should be; the proxies go on when it ends",
};

function defineTproxy(program: Command, done: (command: TproxyCommand) => void): void {
  for (const [verb, description] of Object.entries(VERBS)) {
    program.command(verb).description(description)
      .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
      .action(({ config }) => done({ verb: verb as keyof typeof VERBS, config }));
  }
  program.command("apply")
    .description("give running guests what the configuration says, on all bridges that setup has recorded")
    .option("--dry-run", "print what would change, and change nothing", false)
    .option("--yes", "change it even if more than half of all services go", false)
    .option("--json", "print it as JSON", false)
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .action(({ dryRun, yes, json, config }) => done({ verb: "apply", dryRun, yes, json, config }));
  program.command("status").description("print the process ID of every proxy that runs")
    .addOption(new Option("--wide", "print a table, with those that only finish their streams").conflicts("json"))
    .option("--json", "print all that is known of each, as JSON")
    .action(({ wide, json }) => done({ verb: "status", form: wide ? "wide" : json ? "json" : "plain" }));
  program.command("check").description("print what is configured, for whom, and what is wrong with it")
    .option("--as-driver", "print as well what OpenNebula's own driver makes of it, as with --drop-in", false)
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option("--json", "print it as JSON")
    .action(({ asDriver, config, json = false }) => done({ verb: "check", asDriver, config, json }));
  program.command("permissions").description("print the user and the permission flags of each program")
    .addArgument(
      new Argument("[entrypoint]", "the only one to be printed").choices(["setup", "tproxy", "outer", "inner"]),
    )
    .option("--running", "compare every proxy that runs with what it should be")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option("--json", "print it as JSON")
    .action((entrypoint: Entrypoint | undefined, { running = false, json = false, config }, command: Command) => {
      if (running && (entrypoint === "setup" || entrypoint === "tproxy")) {
        command.error(`error: ${entrypoint} is no proxy; name "outer" or "inner" with --running`);
      }
      done({ verb: "permissions", ...(entrypoint === undefined ? {} : { entrypoint }), running, json, config });
    });
}
