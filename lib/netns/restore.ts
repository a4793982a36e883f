/**
 * Putting back what `setup` has recorded and something has taken away since: a flushed ruleset, a deleted namespace, a
 * deleted veth end, a bridge that was deleted and made again. What differs is left as somebody made it; what is missing is
 * missing by accident.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, namesOf, NETNS_DIR, RUN_FILES, TPROXY } from "../names.ts";
import { listObjects } from "../nft/nft.ts";
import type { Tables } from "../nft/render.ts";
import { runCommand } from "../run_command.ts";
import { type Link, parseLinks } from "./observe.ts";
import { readRecord, type SetupRecord } from "./record.ts";
import { applyRecord, LOCK_DEADLINE_MS } from "./setup.ts";

const log = getLogger("restore");

/** What is there of all bridges, by one process for each kind of thing. */
export interface Present {
  /** The devices of the host namespace. */
  readonly links: readonly Link[];
  /** The names of the namespaces' files. */
  readonly netns: ReadonlySet<string>;
  /** Our two tables. */
  readonly tables: Tables;
}

/**
 * Finds the bridges of which something is missing. A bridge that is not there itself is not among them.
 *
 * @param record What `setup` has recorded.
 * @param present What is there.
 * @returns Each such bridge, and what is missing first.
 */
export function findMissing(record: SetupRecord, { links, netns, tables }: Present): Map<BridgeName, string> {
  const missing = new Map<BridgeName, string>();
  const link = (name: string) => links.find((link) => link.name === name);
  for (const bridge of record.keys()) {
    const names = namesOf(bridge);
    const has = (kind: string, name: string) =>
      tables[kind === "map" ? "ip" : "bridge"]?.some((object) => object.kind === kind && object.name === name) ?? false;
    if (link(bridge)?.kind !== "bridge") continue;
    if (!netns.has(names.netns)) missing.set(bridge, `the namespace ${names.netns}`);
    else if (link(names.bridgeEnd)?.master !== bridge) missing.set(bridge, `the port ${names.bridgeEnd}`);
    else if (!has("map", names.map)) missing.set(bridge, `the map ${names.map}`);
    else if (!has("chain", names.chain)) missing.set(bridge, `the chain ${names.chain}`);
    else if (!has("chain", names.guardChain)) missing.set(bridge, `the chain ${names.guardChain}`);
    else if (!has("chain", names.portChain)) missing.set(bridge, `the chain ${names.portChain}`);
  }
  return missing;
}

/**
 * Puts back what is missing. A bridge that can't be restored is logged, and the others go on.
 *
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns`.
 */
export async function restore(): Promise<void> {
  if ((await readRecord()).size === 0) return;
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    const record = await readRecord();
    for (const [bridge, what] of findMissing(record, await look())) {
      log.warning("Something of a bridge is gone; putting it back", { bridge, missing: what });
      try {
        await applyRecord(bridge, record.get(bridge) ?? []);
      } catch (error) {
        log.error("Cannot restore a bridge", { bridge, error: describe(error) });
      }
    }
  });
}

async function look(): Promise<Present> {
  const [links, netns, tables] = await Promise.all([
    runCommand("ip", ["-j", "-d", "link", "show"]),
    listNetns(),
    listObjects(),
  ]);
  return { links: parseLinks(links), netns, tables };
}

async function listNetns(): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(NETNS_DIR)) if (name.startsWith(TPROXY)) names.add(name);
  } catch (error) {
    // The folder comes with the first namespace.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}
