/**
 * `tproxy top`: shows bridges and their streams as they are now (`lib/top/top.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { measureOnce, watchScreen } from "../lib/top/top.ts";

await runVerb("top", async ({ json }) => {
  const isAtTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  return isAtTerminal && !json ? await watchScreen() : printAnswer(await measureOnce(), json);
});
