/**
 * What should run, by the setup record, nft, the namespaces and the configuration.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type Config, describeProblem } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { ConfigError, describe } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { type DebugLevel, DEFAULT_DEBUG_LEVEL, log, type LogLine } from "../log.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { joinEndpoints } from "../setup/join_endpoints.ts";
import { look, type Present } from "../setup/restore.ts";
import { lstatIfThere } from "../run_dir.ts";
import { findOwner, findTwins, type Owner } from "./owner.ts";
import type { RunningDaemon } from "./find.ts";

/** A bridge that should have a proxy. */
export interface DesiredBridge {
  /** Its endpoints; at least one. */
  readonly endpoints: readonly Endpoint[];
  /** The inode of its network namespace. */
  readonly netns: number;
}

/** How the daemons should run, by the configuration. */
export interface Settings {
  /** The user that all of it should run as, if there is one. */
  readonly owner: Owner;
  /** How much they should log. */
  readonly debugLevel: DebugLevel;
  /** The limits of all bridges and endpoints. */
  readonly limits: Limits;
}

/** What should run. */
export interface Desired extends Settings {
  /** The bridges, by name in ascending order. */
  readonly bridges: ReadonlyMap<BridgeName, DesiredBridge>;
}

/**
 * Finds out what should run, and changes nothing.
 *
 * @param config The configuration file, for the user, the debug level and the limits.
 * @returns What should run.
 * @throws {import("../run_command.ts").CommandError} If nft or ip fails, which never means that nothing should run.
 * @throws {import("../errors.ts").KernelStateError} If the answer of one of them is not a listing.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/table.ts`.
 */
export async function readDesired(config: string): Promise<Desired> {
  const [present, settings] = await Promise.all([look(), readSettings(config)]);
  return { ...settings, bridges: await findBridges(present, []) };
}

/**
 * Finds out which bridges should have a proxy.
 *
 * @param present What is recorded, and what is there.
 * @param running The daemons that run. A recorded bridge whose namespace has no name at the moment keeps its inner: the
 * namespace lives as long as a process is in it.
 * @param warn Warns of elements that can't be used, of bridges without a namespace and of bridges that share a user.
 * @returns The bridges, by name in ascending order.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/netns`.
 */
export async function findBridges(
  { file, nft, links }: Present,
  running: readonly RunningDaemon[],
  warn: LogLine = log.warning,
): Promise<Map<BridgeName, DesiredBridge>> {
  for (const warning of nft.maps.warnings) warn(warning);
  const wanted = joinEndpoints(file.bridges, nft.maps.bridges);
  const bridges = new Map<BridgeName, DesiredBridge>();
  for (const bridge of [...wanted.keys()].toSorted()) {
    const endpoints = wanted.get(bridge) ?? [];
    const { netns, netnsPath } = namesOf(bridge);
    const inner = file.bridges.has(bridge)
      ? running.find((daemon) => daemon.role.bridge === bridge && !daemon.draining)
      : undefined;
    const inode = (await lstatIfThere(netnsPath))?.ino ?? inner?.netns;
    if (inode !== undefined) {
      bridges.set(bridge, { endpoints, netns: inode });
    } else if (!file.bridges.has(bridge) || links.some(({ name }) => name === bridge)) {
      // A recorded bridge that is gone went with its last guest, and is served again when it comes back.
      warn(`A bridge has endpoints but no namespace; run "setup up --bridge ${bridge}"`, { bridge, netns });
    }
  }
  for (const twins of findTwins(bridges.keys())) {
    warn("The proxies of these bridges are one user, by chance; rename a bridge to keep them apart", {
      bridges: twins.join(" "),
    });
  }
  return bridges;
}

/**
 * Reads the limits that are configured.
 *
 * @param path The configuration file.
 * @returns The limits; the default ones if it can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readLimits(path: string): Promise<Limits> {
  try {
    return (await readConfig(path)).limits;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return DEFAULT_LIMITS;
  }
}

/**
 * Reads how the daemons should run. A configuration that can't be read is a warning only, since nft says what is served.
 *
 * @param path The configuration file.
 * @returns What it says, and defaults where it says nothing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it, and `--allow-run=/usr/bin/getent`.
 */
export async function readSettings(path: string): Promise<Settings> {
  try {
    const config = await readConfig(path);
    for (const problem of config.problems.filter(({ key }) => key.startsWith(":tproxy_"))) {
      log.warning(describeProblem(path, problem));
    }
    return await settingsOf(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.warning(`${describe(error)}; going on with the default level, limits and user`);
    return await settingsOf(undefined);
  }
}

/**
 * Finds out how the daemons should run by a configuration that has been read.
 *
 * @param config The configuration, or `undefined` if there is none.
 * @param warn Warns of a user that does not exist.
 * @returns What it says, by default where it says nothing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function settingsOf(config: Config | undefined, warn: LogLine = log.warning): Promise<Settings> {
  if (config === undefined) return { debugLevel: DEFAULT_DEBUG_LEVEL, limits: DEFAULT_LIMITS, owner: undefined };
  return { debugLevel: config.debugLevel, limits: config.limits, owner: await findOwner(config.processOwner, warn) };
}
