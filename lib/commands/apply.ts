/**
 * `tproxy apply`: what the configuration changes, made so on every bridge that `setup` has recorded, with its guests
 * running.
 *
 * @module
 */

import { configFile } from "../config/read.ts";
import { describe } from "../errors.ts";
import { FAILED, KEPT, NEEDS_YES, OK } from "../exit_code.ts";
import type { BridgeName } from "../names.ts";
import { listLinks } from "../netns/observe.ts";
import { listState } from "../nft/nft.ts";
import { settingsFrom } from "../daemon/settings.ts";
import { reconcile } from "../daemon/reconcile.ts";
import { applyPlan, prepareConfig } from "../setup/apply_config.ts";
import { withSetupLock } from "../setup/change_bridge.ts";
import { type ConfigPlan, describeRefusal, planConfig, removesMost } from "../setup/config_changes.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import { recoverRecord } from "../setup/setup_record_file.ts";
import type { Answer } from "./answer.ts";
import { renderJson, renderNotes, renderText } from "./apply_text.ts";
import { type ListedBridge, readBridges } from "./list.ts";

/** What `apply` is asked for. */
export interface ApplyRequest {
  /** The configuration file. */
  readonly config: string;
  /** Whether to say what would change, and change nothing. */
  readonly dryRun: boolean;
  /** Whether more than half of all services may go. */
  readonly yes: boolean;
}

/** What has become of it. */
export interface ApplyResult {
  /** What the configuration changes. */
  readonly plan: ConfigPlan;
  /** Whether it was applied. */
  readonly applied: boolean;
  /** Why, of each bridge that is as it was. */
  readonly failures: ReadonlyMap<BridgeName, string>;
  /** All that went wrong, those failures too. */
  readonly errors: readonly string[];
  /** What is served now. */
  readonly bridges: readonly ListedBridge[];
}

/**
 * Applies the configuration to every bridge that is recorded and there, and has the proxies follow.
 *
 * @param request What is asked for.
 * @returns The changes, what is served then, and all that was not applied. The exit code is {@linkcode OK},
 * {@linkcode FAILED} if a bridge or the proxies could not follow, {@linkcode KEPT} or {@linkcode NEEDS_YES}.
 * @throws {import("../errors.ts").ConfigError} If the configuration can't be read or has no `:tproxy:` key; then
 * nothing was changed.
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out; then nothing was changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
 */
export async function applyConfig({ config, dryRun, yes }: ApplyRequest): Promise<Answer> {
  const record: SetupRecord = await withSetupLock(() => recoverRecord(listState));
  const [prepared, links] = await Promise.all([
    prepareConfig(config, record),
    listLinks(),
  ]);
  const present = new Set(links.filter(({ kind }) => kind === "bridge").map(({ name }) => name));
  const plan = planConfig(record, prepared.grants, present);
  const needsYes = removesMost(plan) && !yes;
  const applied = !dryRun && !needsYes;
  const failures = applied ? await applyPlan(prepared, plan) : new Map<BridgeName, string>();
  const errors = [...failures].map(([bridge, why]) => `${bridge} stays as it was: ${why}`);
  if (applied) errors.push(...await reload(config));
  if (needsYes) errors.push(describeRefusal(plan));
  const result = { plan, applied, failures, errors, bridges: await readBridges() };
  const isKept = plan.bridges.some(({ kept }) => kept.length > 0);
  return {
    text: renderText(result),
    notes: [...[...prepared.warnings].map((warning) => `warning: ${warning}`), ...renderNotes(result, config)],
    json: renderJson(result),
    exitCode: needsYes ? NEEDS_YES : errors.length > 0 ? FAILED : isKept ? KEPT : OK,
  };
}

/** Has the proxies follow, and returns what fails. It does not throw, since the answer has to tell what was changed. */
async function reload(config: string): Promise<string[]> {
  try {
    await reconcile("reload", settingsFrom(configFile(config)));
    return [];
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [describe(error)];
  }
}
