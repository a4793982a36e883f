/**
 * `tproxy trace`: has outers log all streams of a guest for a time (`lib/commands/trace.ts`), and prints what the logs
 * say of it. `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printLines } from "./print_lines.ts";
import { Logs } from "../lib/commands/logs.ts";
import { beginTrace } from "../lib/commands/trace.ts";
import { FAILED, OK } from "../lib/exit_code.ts";

await runVerb("trace", async ({ guest, seconds, json }) => {
  const logs = new Logs({ guest, since: Date.now() });
  const failures = await beginTrace(guest, seconds);
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) return FAILED;
  const end = performance.now() + seconds * 1000;
  if (await printLines(logs.present(), json)) await printLines(logs.following(end), json);
  return OK;
});
