/**
 * The verb of `tproxy` that chooses how OpenNebula calls it.
 *
 * @module
 */

import { WAYS } from "../lib/integrate/files.ts";
import type { IntegrateRequest } from "../lib/integrate/integrate.ts";
import { type Command, Option } from "./cli.ts";

/** What `tproxy integrate` is asked for. */
export interface IntegrateCommand {
  /** Choose how OpenNebula calls the programs. */
  readonly verb: "integrate";
  /** How; `undefined` to tell how it is now. */
  readonly way: IntegrateRequest["way"] | undefined;
  /** Whether it is about a front-end. */
  readonly frontEnd: boolean;
  /** Archives that the front-end is to bring to the hypervisors. */
  readonly archives: readonly string[];
  /** Whether to change nothing. */
  readonly dryRun: boolean;
  /** Whether the answer is for a script. */
  readonly json: boolean;
}

const EXAMPLE = `
Without an option it tells how it is now. docs/opennebula.md says which way to take.

Example: what would be done, then doing it
  tproxy integrate --drop-in --dry-run
  tproxy integrate --drop-in`;

/** What each way does, a line for people. */
const DESCRIPTIONS: Readonly<Record<IntegrateRequest["way"], string>> = {
  "drop-in": "in place of the driver's own proxies: vnm/tproxy",
  hooks: "the same, and hooks of the network drivers, which set bridges up",
  full: "the same as --drop-in, and in place of what the driver sets bridges up with: vnm/tproxy.rb",
  off: "not at all: everything back that was there before",
};

/**
 * Defines the verb.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineIntegrate(program: Command, done: (command: IntegrateCommand) => void): void {
  const ways = [...WAYS, "off"] as const;
  const verb = program.command("integrate").description("choose how OpenNebula's network drivers call the programs");
  for (const way of ways) {
    const others = ways.filter((other) => other !== way).map((other) => other === "drop-in" ? "dropIn" : other);
    verb.addOption(new Option(`--${way}`, DESCRIPTIONS[way]).conflicts([...others, "json"]));
  }
  verb.option("--front-end", "on a front-end: in the files that onehost sync copies to the hypervisors", false)
    .option("--archive <file...>", "with --front-end: signed archives of the programs, which onehost sync brings, too")
    .option("--dry-run", "print what would be done, and change nothing", false)
    .option("--json", "print how it is now as JSON")
    .addHelpText("after", EXAMPLE)
    .action(
      ({ dropIn, hooks, full, off, frontEnd, archive: archives = [], dryRun, json = false }, command: Command) => {
        const way = dropIn ? "drop-in" : hooks ? "hooks" : full ? "full" : off ? "off" : undefined;
        if (dryRun && way === undefined) command.error("error: name with --dry-run what would be done, as --drop-in");
        if (archives.length > 0 && (!frontEnd || way === undefined || way === "off")) {
          command.error("error: name with --archive also --front-end and one of --drop-in, --hooks and --full");
        }
        done({ verb: "integrate", way, frontEnd, archives, dryRun, json });
      },
    );
}
