/**
 * `tproxy doctor`: walks the path from the configuration by a guest to its service, and names the first broken link.
 *
 * @module
 */

import type { Answer } from "../commands/answer.ts";
import { FAILED, OK } from "../exit_code.ts";
import { renderJson, renderText } from "./doctor_text.ts";
import type { Scope } from "./facts.ts";
import { firstWrong } from "./finding.ts";
import { gatherFacts } from "./gather.ts";
import { walk } from "./path.ts";

/**
 * Examines every link. It changes nothing that stays.
 *
 * @param scope What was asked for.
 * @param probes Whether the path of each bridge is tried out, from a port of the bridge.
 * @returns What was found. The exit code is 0 if no link is broken and every fact could be had, else 1.
 * @throws {never} A fact that can't be had is a finding.
 */
export async function examine(scope: Scope, probes: boolean): Promise<Answer> {
  const examined = walk(await gatherFacts(scope, probes));
  return {
    text: renderText(examined),
    notes: [],
    json: renderJson(examined),
    exitCode: firstWrong(examined) === undefined ? OK : FAILED,
  };
}
