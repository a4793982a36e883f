/**
 * `tproxy permissions`: what each program may do, and whether the daemons that run may do exactly that.
 *
 * @module
 */

import { FAILED, NONE_RUNS, OK } from "../exit_code.ts";
import { configFile } from "../config/read.ts";
import { readDesired } from "../daemon/desired.ts";
import { readSettings } from "../daemon/settings.ts";
import { findDaemons } from "../daemon/find_daemons.ts";
import { type Answer, toJson } from "./answer.ts";
import { listGrants, renderGrants } from "./permissions_report.ts";
import { compareDaemons, renderComparisons } from "./permissions_running.ts";
import type { Entrypoint } from "../permissions/verbs.ts";
import { currentForm } from "../permissions/current_form.ts";

/** What was asked for. */
export interface PermissionsRequest {
  /** The program that it is about; all programs if it is missing. */
  readonly entrypoint?: Entrypoint;
  /** Whether it is about the daemons that run. */
  readonly running: boolean;
  /** The configuration file. */
  readonly config: string;
}

/**
 * Shows what programs may do. The table is the same on every host, and anybody may see it; only root may see what runs.
 *
 * @param request Of which programs.
 * @returns What they may do. The exit code is 1 if a proxy that runs differs from what it should be, 3 if none runs of
 * those that were asked for, else 0.
 * @throws {import("../errors.ts").TproxyError} For what runs, if nft or ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `look` in `lib/permissions/command_permissions.ts`.
 */
export async function showPermissions({ entrypoint, running, config }: PermissionsRequest): Promise<Answer> {
  if (running) return await showRunning(entrypoint, config);
  const grants = listGrants(config, currentForm()).filter((grant) => {
    return entrypoint === undefined || grant.entrypoint === entrypoint;
  });
  return { text: renderGrants(grants), notes: [], json: toJson(grants), exitCode: OK };
}

async function showRunning(entrypoint: Entrypoint | undefined, config: string): Promise<Answer> {
  const [{ host, daemons: all }, desired] = await Promise.all([
    findDaemons(),
    readSettings(configFile(config)).then(readDesired),
  ]);
  const daemons = all.filter(({ role }) => entrypoint === undefined || entrypoint === role.program);
  const comparisons = compareDaemons({ host, daemons }, desired, currentForm());
  const isSame = comparisons.every(({ differences }) => differences.length === 0);
  const exitCode = comparisons.length === 0 ? NONE_RUNS : isSame ? OK : FAILED;
  return { text: renderComparisons(comparisons), notes: [], json: toJson(comparisons), exitCode };
}
