/**
 * `tproxy permissions`: what each program may do, and whether those that run may do just that. Read-only.
 *
 * @module
 */

import { FAILED, OK } from "../exit_code.ts";
import { readDesired } from "../daemon/desired.ts";
import { findDaemons } from "../daemon/find.ts";
import { listGrants, renderGrants } from "./permissions_report.ts";
import { compareDaemons, renderComparisons } from "./permissions_running.ts";
import type { Entrypoint } from "../permissions/table.ts";
import { currentForm } from "../permissions/current_form.ts";
import { NONE_RUNS } from "./status.ts";

/** What was asked for. */
export interface PermissionsRequest {
  /** The one program it is about; all of them if it is missing. */
  readonly entrypoint?: Entrypoint;
  /** Whether it is about the daemons that run. */
  readonly running: boolean;
  /** The configuration file. */
  readonly config: string;
  /** Whether the answer is for a script. */
  readonly json: boolean;
}

/** What to print, and how to exit. */
export interface Shown {
  /** For standard output, without the last newline. */
  readonly stdout: string;
  /** 1 if a proxy that runs differs from what it should be, 3 if none runs of those that were asked for, else 0. */
  readonly exitCode: number;
}

/**
 * Shows what programs may do. The table is the same on every host and for everybody; what runs is root's to see.
 *
 * @param request Of which, and for whom the answer is.
 * @returns What to print, and how to exit.
 * @throws {import("../errors.ts").TproxyError} For what runs, if nft or ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/table.ts`.
 */
export async function showPermissions({ entrypoint, running, json, config }: PermissionsRequest): Promise<Shown> {
  if (running) return await showRunning(entrypoint, json, config);
  const grants = listGrants(config, currentForm()).filter((grant) => {
    return entrypoint === undefined || grant.entrypoint === entrypoint;
  });
  return { stdout: json ? toJson(grants) : renderGrants(grants), exitCode: OK };
}

async function showRunning(entrypoint: Entrypoint | undefined, json: boolean, config: string): Promise<Shown> {
  const [{ host, daemons: all }, desired] = await Promise.all([findDaemons(), readDesired(config)]);
  const daemons = all.filter(({ role }) => entrypoint === undefined || entrypoint === role.program);
  const comparisons = compareDaemons({ host, daemons }, desired, currentForm());
  const stdout = json ? toJson(comparisons) : renderComparisons(comparisons);
  if (comparisons.length === 0) return { stdout, exitCode: NONE_RUNS };
  return { stdout, exitCode: comparisons.every(({ differences }) => differences.length === 0) ? OK : FAILED };
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
