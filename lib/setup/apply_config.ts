/**
 * Applying a configuration to all that is recorded: each bridge as a whole or not at all, and none because of another.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { stampOf } from "../config/fresh.ts";
import { readConfig } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve.ts";
import { ConfigError, describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { listState } from "../nft/nft.ts";
import { changeBridge, withSetupLock } from "./change.ts";
import { type ConfigPlan, giveAll, networksIn } from "./config_plan.ts";
import { type Grants, selectGrants } from "./grant.ts";
import type { SetupRecord } from "./record.ts";
import { recoverRecord } from "./record_file.ts";

/** A configuration, and what it gives the networks that were recorded when it was read. */
export interface PreparedConfig extends Grants {
  /** The configuration. */
  readonly config: Config;
  /** Differs if the file has been changed since. */
  readonly stamp: string;
}

/**
 * Reads a configuration, and finds out what it gives every recorded network.
 *
 * @param path The file.
 * @param record What is recorded.
 * @returns The configuration.
 * @throws {ConfigError} If it can't be read or has no `:tproxy:` key.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it, and `--allow-run=/usr/bin/getent`.
 */
export async function prepareConfig(path: string, record: SetupRecord): Promise<PreparedConfig> {
  const stamp = await stampOf(path);
  const config = await readConfig(path);
  return { config, stamp, ...await grantsOf(config, record) };
}

/**
 * Finds out what a configuration gives every recorded network.
 *
 * @param config The configuration.
 * @param record What is recorded.
 * @param resolve Resolves a name, and is told which addresses are recorded for it. Unless told, one of these that the name
 * still has is kept: a name with several addresses gives them in another order each time.
 * @returns What each network gets.
 * @throws {ConfigError} If it has no `:tproxy:` key.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function grantsOf(
  config: Config,
  record: SetupRecord,
  resolve: (name: string, recorded: ReadonlySet<string>) => Promise<string> = resolveIpv4,
): Promise<Grants> {
  const known = [...record.values()].flat().flatMap(({ endpoints }) => endpoints);
  return await selectGrants(config, networksIn(record), (name) => {
    const recorded = known.filter(({ remoteName }) => remoteName === name).map(({ remoteAddr }) => remoteAddr);
    return resolve(name, new Set(recorded));
  });
}

/**
 * Makes the bridges of a plan what the configuration says.
 *
 * @param prepared The configuration.
 * @param plan What it changes.
 * @returns Why, of each bridge that is as it was.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/table.ts`.
 */
export async function applyPlan(prepared: PreparedConfig, plan: ConfigPlan): Promise<Map<BridgeName, string>> {
  const failures = new Map<BridgeName, string>();
  for (const { bridge } of plan.bridges.filter(({ changes }) => changes.length > 0)) {
    try {
      // One lock for each: a VM's deploy waits for it.
      await withSetupLock(() => applyToBridge(prepared, bridge));
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      failures.set(bridge, describe(error));
      log.error("Cannot apply the configuration to a bridge; it stays as it was", { bridge, error: describe(error) });
    }
  }
  return failures;
}

async function applyToBridge({ config: { path }, stamp, grants }: PreparedConfig, bridge: BridgeName): Promise<void> {
  // A `setup` that has read the file since has used what is in it now.
  if (await stampOf(path) !== stamp) {
    throw new ConfigError(`The configuration ${path} was changed meanwhile`, 'run "tproxy apply" again');
  }
  // Its last guest may have left meanwhile, and what is there now is somebody else's.
  if (!(await recoverRecord(listState)).has(bridge)) return;
  await changeBridge(bridge, true, (networks) => giveAll(networks, grants).networks);
}
