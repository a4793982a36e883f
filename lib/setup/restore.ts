/**
 * Restoring recorded state that has been lost: a flushed ruleset or map, a deleted namespace or veth end, a bridge that
 * was deleted and created again, or the record itself. The record is the desired state. Elements that somebody else has
 * added to a map stay.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { type BridgeName, TPROXY } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { NETNS_DIR, RUN_FILES } from "../paths.ts";
import { listState } from "../nft/nft.ts";
import type { NftState } from "../nft/parse_state.ts";
import { applyRecords } from "./apply_record.ts";
import { type Link, listLinks } from "../netns/observe.ts";
import { findMissingInNft } from "./missing_in_nft.ts";
import { type NetworkRecord, type SetupRecord, withServices } from "./setup_record.ts";
import { isLost, readRecordFile, type RecordFile, recoverRecord } from "./setup_record_file.ts";

/**
 * How long to wait for the lock. It is short because a VM's deploy waits for the pass, and the next pass tries again.
 * Recorded services go on meanwhile.
 */
const LOCK_DEADLINE_MS = 5_000;

/** The record and the kernel's state, read with one process for each kind of object. */
export interface Present {
  /** The record, without bridges that have no services. */
  readonly file: RecordFile;
  /** Our state in nft. */
  readonly nft: NftState;
  /** The devices of the host namespace; none if nothing is recorded. */
  readonly links: readonly Link[];
  /** The names of the namespaces' files. */
  readonly netns: ReadonlySet<string>;
}

/**
 * Reads the record and the kernel's state.
 *
 * @param list Lists our state in nft.
 * @returns Both.
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns` and
 * `/run/one_tproxy`.
 */
export async function look(list: () => Promise<NftState> = listState): Promise<Present> {
  const whole = readRecordFile();
  const file = { ...whole, bridges: withServices(whole.bridges) };
  const [nft, links, netns] = await Promise.all([
    list(),
    file.bridges.size === 0 ? [] : listLinks(),
    listNetns(),
  ]);
  return { file, nft, links, netns };
}

/**
 * Finds the bridges of which something is missing. A bridge that does not exist is not among them.
 *
 * @param record The record of `setup`.
 * @param present The kernel's state.
 * @returns Each such bridge, and the first thing that is missing.
 */
export function findMissing(record: SetupRecord, present: Omit<Present, "file">): Map<BridgeName, string> {
  const { links, nft: { objects } } = present;
  // By name: to search through all of them for each bridge would take time in proportion to the bridges' square.
  const named: Named = {
    links: new Map(links.map((link) => [link.name, link])),
    chains: new Set(objects.filter(({ kind }) => kind === "chain").map(({ name }) => name)),
    sets: new Map(objects.filter(({ kind }) => kind === "set").map(({ name, elements }) => [name, elements])),
  };
  return new Map([...record].flatMap(([bridge, networks]): [BridgeName, string][] => {
    const what = firstMissing(bridge, networks, present, named);
    return what === undefined ? [] : [[bridge, what]];
  }));
}

/** What is there, by name. */
interface Named {
  readonly links: ReadonlyMap<string, Link>;
  readonly chains: ReadonlySet<string>;
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

function firstMissing(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  { netns, nft }: Omit<Present, "file">,
  { links, chains, sets }: Named,
): string | undefined {
  const names = namesOf(bridge);
  if (links.get(bridge)?.kind !== "bridge") return undefined;
  if (!netns.has(names.netns)) return `the namespace ${names.netns}`;
  if (links.get(names.bridgeEnd)?.master !== bridge) return `the port ${names.bridgeEnd}`;
  const chain = [names.chain, names.guardChain, names.redirectChain, names.portChain].find((name) => !chains.has(name));
  if (chain !== undefined) return `the chain ${chain}`;
  const [elements, copy] = [nft.maps.bridges.get(bridge), nft.copies.get(bridge)];
  const held = { elements, redirected: sets.get(names.redirected), copy };
  return findMissingInNft(names, networks, held)?.[1];
}

/**
 * Restores what is missing. A failure is logged only, and the caller goes on: recorded services are served whether or
 * not their state could be restored.
 *
 * @param present The state from a recent {@linkcode look}.
 * @returns The state now.
 * @throws {import("../errors.ts").TproxyError} If what is there can't be found out.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
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

/**
 * Restores all bridges, under the lock. It looks again, since another run may have changed the state before the lock
 * was taken.
 */
async function restoreAll(): Promise<void> {
  await recoverRecord(listState);
  const present = await look();
  const missing = findMissing(present.file.bridges, present);
  if (missing.size === 0) return;
  for (const [bridge, what] of missing) {
    log.warning("A bridge is not as it should be; setting it up again", { bridge, faults: `${what} is gone` });
  }
  const record = new Map([...present.file.bridges].filter(([bridge]) => missing.has(bridge)));
  for (const [bridge, error] of await applyRecords(record, { keepsOthers: true })) {
    log.error("Cannot restore a bridge", { bridge, error: describe(error) });
  }
}

/**
 * Lists the namespaces of bridges.
 *
 * @returns Their names.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/netns`.
 */
export async function listNetns(): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(NETNS_DIR)) if (name.startsWith(`${TPROXY}_`)) names.add(name);
  } catch (error) {
    // The folder does not exist before the first namespace.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}
