/**
 * What should run, by the setup record, nft, the namespaces and the configuration.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { log, type LogLine } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { joinEndpoints } from "../setup/join_endpoints.ts";
import { look, type Present } from "../setup/restore.ts";
import { lstatIfThere } from "../run_dir.ts";
import { findTwins } from "./owner.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import type { Settings } from "./settings.ts";

/** A bridge that should have a proxy. */
export interface DesiredBridge {
  /** Its endpoints; at least one. */
  readonly endpoints: readonly Endpoint[];
  /** The inode of its network namespace. */
  readonly netns: number;
}

/** What should run. */
export interface Desired extends Settings {
  /** The bridges, by name in ascending order. */
  readonly bridges: ReadonlyMap<BridgeName, DesiredBridge>;
}

/**
 * Finds out what should run, and changes nothing.
 *
 * @param settings How the daemons should run.
 * @returns What should run.
 * @throws {import("../run_command.ts").CommandError} If nft or ip fails, which never means that nothing should run.
 * @throws {import("../errors.ts").KernelStateError} If the answer of one of them is not a listing.
 * @throws {Deno.errors.NotCapable} Without the permissions of `look` in `lib/permissions/command_permissions.ts`.
 */
export async function readDesired(settings: Settings): Promise<Desired> {
  return { ...settings, bridges: findBridges(await look(), []) };
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
export function findBridges(
  { file, nft, links }: Present,
  running: readonly RunningDaemon[],
  warn: LogLine = log.warning,
): Map<BridgeName, DesiredBridge> {
  for (const warning of nft.maps.warnings) warn(warning);
  const wanted = joinEndpoints(file.bridges, nft.maps.bridges);
  const bridges = new Map<BridgeName, DesiredBridge>();
  // Indexed once: there may be a thousand of each.
  const inners = new Map(running.flatMap(({ role, draining, netns }) => draining ? [] : [[role.bridge, netns]]));
  const devices = new Set(links.map(({ name }) => name));
  for (const bridge of [...wanted.keys()].toSorted()) {
    const endpoints = wanted.get(bridge) ?? [];
    const { netns, netnsPath } = namesOf(bridge);
    const inode = lstatIfThere(netnsPath)?.ino ?? (file.bridges.has(bridge) ? inners.get(bridge) : undefined);
    if (inode !== undefined) {
      bridges.set(bridge, { endpoints, netns: inode });
    } else if (!file.bridges.has(bridge) || devices.has(bridge)) {
      // A recorded bridge that is gone went with its last guest, and is served again when it comes back.
      warn(`A bridge has endpoints but no namespace; run "tproxy-setup up --bridge ${bridge}"`, { bridge, netns });
    }
  }
  for (const twins of findTwins(bridges.keys())) {
    warn("The proxies of these bridges are one user, by chance; rename a bridge to keep them apart", {
      bridges: twins.join(" "),
    });
  }
  return bridges;
}
