/**
 * `run_checkout setup|tproxy [ARGS…]`: runs the program of this checkout that carries out a command line, with exactly
 * its permissions. A task in deno.json could not name these, since some depend on the arguments and on where the
 * runtime is. In a distribution, shell scripts do the same (`packaging/launcher_script.ts`).
 *
 * @module
 */

import { configOf, outputOf, withAbsolutePaths } from "./config_option.ts";
import { bundleDaemons } from "./bundle.ts";
import { commandPermissions } from "../lib/permissions/command_permissions.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import { type CommandProgram, FALLBACKS, programOf } from "../lib/permissions/verbs.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { InputError } from "../lib/errors.ts";
import { ASK_ANOTHER, exitCodeOf } from "../lib/exit_code.ts";
import { runDeno } from "./command.ts";

async function main(): Promise<number> {
  const [command, ...typed] = Deno.args;
  // "deno task" runs this in the folder of deno.json, and names in INIT_CWD the folder in which it was called.
  const args = withAbsolutePaths(typed, Deno.env.get("INIT_CWD"));
  if (command !== "setup" && command !== "tproxy") {
    throw new InputError(`There is no command ${JSON.stringify(command ?? "")}`, 'name "setup" or "tproxy"');
  }
  const program = programOf(command, args);
  // Whoever is not root starts no proxies, and may not be able to write here.
  if (["deploy", "reread", "tproxy", "watch", "doctor", "sysdump"].includes(program) && Deno.uid() === 0) {
    await bundleDaemons();
  }
  const code = await run(program, args);
  const other = FALLBACKS[program];
  return code === ASK_ANOTHER && other !== undefined ? await run(other, args) : code;
}

function run(program: CommandProgram, args: readonly string[]): Promise<number> {
  const flags = toFlags(commandPermissions(program, configOf(args), checkout(), outputOf(args)));
  const module = decodeURIComponent(new URL(`../cmd/${program}.ts`, import.meta.url).pathname);
  return runDeno(["run", "--quiet", "--frozen", ...flags, module, ...args]);
}

Deno.exit(await exitCodeOf("run_checkout", main));
