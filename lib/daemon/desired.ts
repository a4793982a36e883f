/**
 * What should run: read from nft, the namespaces and the configuration.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { describeProblem } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { ConfigError, describe } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { type DebugLevel, DEFAULT_DEBUG_LEVEL, getLogger } from "../log.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { listEndpoints } from "../nft/nft.ts";
import { lstatIfThere } from "../run_dir.ts";
import { findOwner, type Owner } from "./owner.ts";

const log = getLogger("desired");

/** A bridge that should have a proxy. */
export interface DesiredBridge {
  /** Its endpoints; at least one. */
  readonly endpoints: readonly Endpoint[];
  /** The inode of its network namespace. */
  readonly netns: number;
}

/** What should run. */
export interface Desired {
  /** The user that all of it should run as, if there is one. */
  readonly owner: Owner;
  /** How much it should log. */
  readonly debugLevel: DebugLevel;
  /** What holds for all bridges and endpoints. */
  readonly limits: Limits;
  /** The bridges, by name in ascending order. */
  readonly bridges: ReadonlyMap<BridgeName, DesiredBridge>;
}

/**
 * Finds out what should run.
 *
 * @param config The configuration file, for the user, the debug level and the limits; one that can't be read is a warning, since
 * what is to be served stands in nft.
 * @returns What should run.
 * @throws {import("../run_command.ts").CommandError} If nft fails, which never means that nothing should run.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function readDesired(config: string): Promise<Desired> {
  const [listing, { debugLevel, limits, owner }] = await Promise.all([listEndpoints(), readSettings(config)]);
  for (const warning of listing.warnings) log.warning(warning);
  const bridges = new Map<BridgeName, DesiredBridge>();
  for (const bridge of [...listing.bridges.keys()].toSorted()) {
    const endpoints = listing.bridges.get(bridge) ?? [];
    if (endpoints.length === 0) continue;
    const { netns, netnsPath } = namesOf(bridge);
    const inode = (await lstatIfThere(netnsPath))?.ino ?? undefined;
    if (inode === undefined) {
      log.warning("A bridge has endpoints but no namespace; run setup up for it", { bridge, netns });
    } else {
      bridges.set(bridge, { endpoints, netns: inode });
    }
  }
  return { owner, debugLevel, limits, bridges };
}

/**
 * Finds out which limits are configured, where nothing else is of interest.
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

async function readSettings(path: string): Promise<Pick<Desired, "owner" | "debugLevel" | "limits">> {
  try {
    const config = await readConfig(path);
    for (const problem of config.problems.filter(({ key }) => key.startsWith(":tproxy_"))) {
      log.warning(describeProblem(path, problem));
    }
    return { debugLevel: config.debugLevel, limits: config.limits, owner: await findOwner(config.processOwner) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.warning(`${describe(error)}; going on with the default level, limits and user`);
    return { debugLevel: DEFAULT_DEBUG_LEVEL, limits: DEFAULT_LIMITS, owner: await findOwner(undefined) };
  }
}
