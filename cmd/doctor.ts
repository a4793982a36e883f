/**
 * `tproxy doctor`: names the first broken link between guests and services. `lib/permissions/command_permissions.ts`
 * says what it may do; it writes no file.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { examine } from "../lib/doctor/doctor.ts";

// What it finds out goes into its answer. Warnings on the way would come before.
await runVerb("doctor", async (command) => printAnswer(await examine(command, true), command.json), 0);
