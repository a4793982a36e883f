/**
 * `tproxy sysdump`: collects what a bug report needs. `lib/permissions/command_permissions.ts` says what it may do:
 * what `doctor` may, and write the one file that it is told.
 *
 * @module
 */

import { runVerb } from "./one_verb.ts";
import { printAnswer } from "./print_answer.ts";
import { writeSysdump } from "../lib/sysdump/sysdump.ts";

// The archive has all that is wrong, so it logs nothing on the way.
await runVerb("sysdump", async (command) => printAnswer(await writeSysdump(command), command.json), 0);
