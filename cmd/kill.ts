/**
 * `tproxy kill`: ends streams, and nothing else (`lib/commands/kill.ts`). `lib/permissions/command_permissions.ts` says
 * what it may do.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { killStreams } from "../lib/commands/kill.ts";

await runVerb("kill", async ({ target, json }) => printAnswer(await killStreams(target), json));
