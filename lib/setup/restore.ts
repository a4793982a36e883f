/**
 * Putting back what `setup` has recorded and something has taken away since: a flushed ruleset or map, a deleted namespace, a
 * deleted veth end, a bridge that was deleted and made again, the record itself. What was recorded is the wish; what
 * somebody else has added to a map stays.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf, NETNS_DIR, RUN_FILES, TPROXY } from "../names.ts";
import { listState } from "../nft/nft.ts";
import type { NftState } from "../nft/parse.ts";
import { runCommand } from "../run_command.ts";
import { applyRecord } from "./apply.ts";
import { type Link, parseLinks } from "../netns/observe.ts";
import { findMissingInNft } from "./missing.ts";
import { type NetworkRecord, type SetupRecord, withServices } from "./record.ts";
import { isLost, readRecordFile, type RecordFile, recoverRecord } from "./record_file.ts";

/** A VM's deploy waits for a pass, which ends nothing that is recorded anyway; and the next pass tries again. */
const LOCK_DEADLINE_MS = 5_000;

/** What is recorded, and what is there of it, by one process for each kind of thing. */
export interface Present {
  /** The record's file, without the bridges that have no service. */
  readonly file: RecordFile;
  /** What nft holds of ours. */
  readonly nft: NftState;
  /** The devices of the host namespace; none if nothing is recorded. */
  readonly links: readonly Link[];
  /** The names of the namespaces' files. */
  readonly netns: ReadonlySet<string>;
}

/**
 * Looks at what is recorded and what is there of it.
 *
 * @returns Both.
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns` and
 * `/run/one_tproxy`.
 */
export async function look(): Promise<Present> {
  const whole = readRecordFile();
  const file = { ...whole, bridges: withServices(whole.bridges) };
  const [nft, links, netns] = await Promise.all([
    listState(),
    file.bridges.size === 0 ? [] : runCommand("ip", ["-j", "-d", "link", "show"]).then(parseLinks),
    listNetns(),
  ]);
  return { file, nft, links, netns };
}

/**
 * Finds the bridges of which something is missing. A bridge that is not there itself is not among them.
 *
 * @param record What `setup` has recorded.
 * @param present What is there.
 * @returns Each such bridge, and what is missing first.
 */
export function findMissing(record: SetupRecord, present: Omit<Present, "file">): Map<BridgeName, string> {
  const missing = new Map<BridgeName, string>();
  for (const [bridge, networks] of record) {
    const what = firstMissing(bridge, networks, present);
    if (what !== undefined) missing.set(bridge, what);
  }
  return missing;
}

function firstMissing(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  { links, netns, nft }: Omit<Present, "file">,
): string | undefined {
  const names = namesOf(bridge);
  const link = (name: string) => links.find((link) => link.name === name);
  const hasChain = (name: string) => nft.objects.some((object) => object.kind === "chain" && object.name === name);
  if (link(bridge)?.kind !== "bridge") return undefined;
  if (!netns.has(names.netns)) return `the namespace ${names.netns}`;
  if (link(names.bridgeEnd)?.master !== bridge) return `the port ${names.bridgeEnd}`;
  const chain = [names.chain, names.guardChain, names.redirectChain, names.portChain].find((name) => !hasChain(name));
  if (chain !== undefined) return `the chain ${chain}`;
  const redirected = nft.objects.find(({ kind, name }) => kind === "set" && name === names.redirected)?.elements;
  const held = { elements: nft.maps.bridges.get(bridge), redirected, copy: nft.copies.get(bridge) };
  return findMissingInNft(names, networks, held)?.[1];
}

/**
 * Puts back what is missing. What can't be put back now is logged, and is no reason for whoever calls it not to go on: what is
 * recorded is served whether it is there or not.
 *
 * @param present What was there a moment ago.
 * @returns What is there now.
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/table.ts`.
 */
export async function restore(present: Present): Promise<Present> {
  if (findMissing(present.file.bridges, present).size === 0 && !isLost(present.file, present.nft)) return present;
  try {
    await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, restoreAll);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.warning("Cannot put back what setup recorded; what runs goes on", { error: describe(error) });
  }
  return await look();
}

/** Looks again, since only under the lock is nobody else at work. */
async function restoreAll(): Promise<void> {
  await recoverRecord(listState);
  const present = await look();
  for (const [bridge, what] of findMissing(present.file.bridges, present)) {
    log.warning("A bridge is not as it should be; setting it up again", { bridge, faults: `${what} is gone` });
    try {
      await applyRecord(bridge, present.file.bridges.get(bridge) ?? [], { keepsOthers: true });
    } catch (error) {
      log.error("Cannot restore a bridge", { bridge, error: describe(error) });
    }
  }
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
