/**
 * `tproxy streams`: lists the streams that are open now (`lib/commands/streams.ts`).
 * `lib/permissions/command_permissions.ts` says what it may do.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { showStreams } from "../lib/commands/streams.ts";

await runVerb("streams", async ({ which, json }) => printAnswer(await showStreams(which), json));
