/**
 * Applying a configuration to all recorded bridges. Each bridge changes as a whole or not at all, and a failure of one
 * does not affect the others.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { namedAddressesOf } from "../config/named_addresses.ts";
import { stampOf } from "../config/prepare_then_lock.ts";
import { readConfig } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve_name.ts";
import { ConfigError, describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { listState } from "../nft/nft.ts";
import { changeBridge, withSetupLock } from "./change_bridge.ts";
import { type ConfigPlan, giveAll, networksIn } from "./config_changes.ts";
import { type Grants, selectGrants } from "./grant.ts";
import type { SetupRecord } from "./setup_record.ts";
import { recoverRecord } from "./setup_record_file.ts";

/** A configuration, and the services that it gives the networks recorded at that time. */
export interface PreparedConfig extends Grants {
  /** The configuration. */
  readonly config: Config;
  /** The stamp of the file. It differs if the file has been changed since. */
  readonly stamp: string;
}

/**
 * Reads a configuration and selects the services for every recorded network.
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
 * Selects the services that a configuration gives every recorded network.
 *
 * @param config The configuration.
 * @param record What is recorded.
 * @param resolve Resolves a name. It receives the recorded addresses of the name, and keeps one that the name still
 * has: a resolver returns several addresses in a different order each time.
 * @returns The services of each network.
 * @throws {ConfigError} If it has no `:tproxy:` key.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function grantsOf(
  config: Config,
  record: SetupRecord,
  resolve: (name: string, recorded: ReadonlySet<string>) => Promise<string> = resolveIpv4,
): Promise<Grants> {
  const known = [...record.values()].flat().flatMap(({ endpoints }) => endpoints.flatMap(namedAddressesOf));
  return await selectGrants(config, networksIn(record), (name) => {
    const recorded = known.filter((address) => address.name === name).map(({ address }) => address);
    return resolve(name, new Set(recorded));
  });
}

/**
 * Applies a plan to its bridges.
 *
 * @param prepared The configuration.
 * @param plan The changes.
 * @returns The bridges that could not be changed, each with the reason.
 * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
 */
export async function applyPlan(prepared: PreparedConfig, plan: ConfigPlan): Promise<Map<BridgeName, string>> {
  const failures = new Map<BridgeName, string>();
  for (const { bridge } of plan.bridges.filter(({ changes }) => changes.length > 0)) {
    try {
      // Each bridge takes the lock by itself, because a VM's deploy waits for the lock.
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
  // If the file has changed, a `setup` may already have applied the new text.
  if (await stampOf(path) !== stamp) {
    throw new ConfigError(`The configuration ${path} was changed meanwhile`, 'run "tproxy apply" again');
  }
  // The bridge's last guest may have left meanwhile. Then the bridge is not ours any more.
  if (!(await recoverRecord(listState)).has(bridge)) return;
  await changeBridge(bridge, true, (networks) => giveAll(networks, grants).networks);
}
