/**
 * `tproxy doctor`: names the first broken link between guests and services. `lib/permissions/command_permissions.ts`
 * says what it may do; it writes no file.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { examine } from "../lib/doctor/doctor.ts";

// Its answer has all that it finds out, so it logs nothing on the way.
await runVerb("doctor", async (command) => printAnswer(await examine(command, true), command.json), 0);
