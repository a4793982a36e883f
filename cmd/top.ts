/**
 * `tproxy top`: shows bridges and their streams as they are now (`lib/top/top.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { notItsVerb, parseTproxy } from "./cli_tproxy.ts";
import { printAnswer } from "./print_answer.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { logToStderr } from "../lib/log.ts";
import { requireRoot } from "../lib/root.ts";
import { measureOnce, watchScreen } from "../lib/top/top.ts";

async function main(): Promise<number> {
  logToStderr(2);
  const command = parseTproxy(Deno.args);
  if (command.verb === "done") return command.exitCode;
  if (command.verb !== "top") throw notItsVerb("top", command.verb);
  requireRoot();
  const isAtTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  return isAtTerminal && !command.json ? await watchScreen() : printAnswer(await measureOnce(), command.json);
}

Deno.exit(await exitCodeOf("tproxy", main));
