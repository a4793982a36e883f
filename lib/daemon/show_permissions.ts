/**
 * `tproxy permissions`: what each program may do, and whether those that run may do just that. Read-only.
 *
 * @module
 */

import type { TproxyCommand } from "../cli.ts";
import { FAILED, OK } from "../exit_code.ts";
import { readDesired } from "./desired.ts";
import { findDaemons } from "./find.ts";
import { readGroups } from "./groups.ts";
import { listCommands, listDaemons, renderGrants } from "./permissions_report.ts";
import { compareDaemons, renderComparisons } from "./permissions_running.ts";
import { daemonFiles } from "./siblings.ts";

/** What was asked for. */
type Request = Omit<Extract<TproxyCommand, { verb: "permissions" }>, "verb">;

/** What to print, and how to exit. */
export interface Shown {
  /** For standard output, without the last newline. */
  readonly stdout: string;
  /** 1 if a proxy that runs differs from what it should be, else 0. */
  readonly exitCode: number;
}

/**
 * Shows what programs may do.
 *
 * @param request Of which, and for whom the answer is.
 * @param config The configuration file.
 * @returns What to print, and how to exit.
 * @throws {import("../errors.ts").TproxyError} If nft or ps fails, or this process is not root's; `setup` and `tproxy` are
 * shown to anybody.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function showPermissions({ entrypoint, running, json }: Request, config: string): Promise<Shown> {
  if (running) return await showRunning(entrypoint, json, config);
  const isCommand = entrypoint === "setup" || entrypoint === "tproxy";
  const files = daemonFiles();
  const commands = listCommands(config, files);
  const all = isCommand ? commands : [...commands, ...listDaemons(await readDesired(config), files)];
  const grants = all.filter((grant) => entrypoint === undefined || grant.entrypoint === entrypoint);
  return { stdout: json ? toJson(grants) : renderGrants(grants), exitCode: OK };
}

async function showRunning(entrypoint: Request["entrypoint"], json: boolean, config: string): Promise<Shown> {
  const [{ host, daemons: all }, desired] = await Promise.all([findDaemons(), readDesired(config)]);
  const daemons = all.filter(({ bridge }) => {
    return entrypoint === undefined || (entrypoint === "outer") === (bridge === undefined);
  });
  const groups = await readGroups(daemons.map(({ pid }) => pid));
  const comparisons = compareDaemons({ host, daemons }, groups, desired, daemonFiles());
  const exitCode = comparisons.every(({ differences }) => differences.length === 0) ? OK : FAILED;
  return { stdout: json ? toJson(comparisons) : renderComparisons(comparisons), exitCode };
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
