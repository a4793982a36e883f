/**
 * The verb of `tproxy` that collects what a bug report needs.
 *
 * @module
 */

import { defaultConfig } from "../lib/remotes.ts";
import type { SysdumpRequest } from "../lib/sysdump/sysdump.ts";
import type { Command } from "./cli.ts";

/** What `tproxy sysdump` is asked for. */
export interface SysdumpCommand extends SysdumpRequest {
  /** Collect what a bug report needs. */
  readonly verb: "sysdump";
  /** Whether the answer is for a script. */
  readonly json: boolean;
}

const EXAMPLE = `
Example: an archive that may be sent to others
  tproxy sysdump --anonymize /root/hv1.tar.gz`;

/**
 * Defines the verb.
 *
 * @param program The command `tproxy`.
 * @param done Called with what was asked for.
 */
export function defineSysdump(program: Command, done: (command: SysdumpCommand) => void): void {
  program.command("sysdump").description(
    "write what a bug report needs: doctor, status, the kernel's say, ends of logs",
  )
    .argument("<file>", "the archive, a .tar.gz that is not there yet")
    .option("--anonymize", "replace addresses and host names, each by the same pseudonym everywhere", false)
    .option("--json", "print what is in it as JSON", false)
    .option("--config <file>", "the configuration", defaultConfig())
    .addHelpText("after", EXAMPLE)
    .action((file, { anonymize, json, config }) => done({ verb: "sysdump", file, anonymize, json, config }));
}
