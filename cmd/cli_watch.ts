/**
 * The verbs of `tproxy` that follow the configuration: by themselves, or once.
 *
 * @module
 */

import { defaultConfig } from "../lib/remotes.ts";
import type { Command } from "./cli.ts";

/** What `watch` is asked for. */
export type WatchCommand =
  | {
    /** Keep what runs as it should be. */
    readonly verb: "watch";
    /** The configuration file. */
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
  };

/**
 * Defines the verbs that follow the configuration.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineWatch(program: Command, done: (command: WatchCommand) => void): void {
  program.command("watch")
    .description("stay, and keep all proxies and bridges as they should be; the proxies go on when it ends")
    .option("--config <file>", "the configuration", defaultConfig())
    .action(({ config }) => done({ verb: "watch", config }));
  program.command("apply")
    .description("give running guests what the configuration says, on all bridges that setup has recorded")
    .option("--dry-run", "print what would change, and change nothing", false)
    .option("--yes", "change it even if more than half of all services go", false)
    .option("--json", "print it as JSON", false)
    .option("--config <file>", "the configuration", defaultConfig())
    .action(({ dryRun, yes, json, config }) => done({ verb: "apply", dryRun, yes, json, config }));
}
