/**
 * `tproxy logs`: prints the logs of all proxies in the order of time (`lib/commands/logs.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printLines } from "./print_lines.ts";
import { Logs } from "../lib/commands/logs.ts";
import { OK } from "../lib/exit_code.ts";

await runVerb("logs", async ({ filter, follow, json }) => {
  const logs = new Logs(filter);
  const isRead = await printLines(logs.present(), json);
  for (const note of logs.notes) console.error(note);
  if (follow && isRead) await printLines(logs.following(), json);
  return OK;
});
