/**
 * Reading and writing the file of the setup record. A file that is gone or damaged is recovered from the copies in nft.
 *
 * @module
 */

import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { RUN_FILES } from "../paths.ts";
import type { NftState } from "../nft/parse_state.ts";
import { lstatIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import { inOrder, type NetworkRecord, type SetupRecord } from "./setup_record.ts";
import { type ParsedRecord, parseNetworks, parseRecord } from "./setup_record_parse.ts";

/** The largest file that is read. A bridge with services on all its ports takes 8 MiB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** How many damaged records are kept for inspection. */
const KEPT = 3;

/** What the file holds. */
export interface RecordFile extends ParsedRecord {
  /** Whether the file exists. A host without any bridge set up has none. */
  readonly isThere: boolean;
}

/**
 * Reads the file.
 *
 * @returns The bridges that can be read; none if the file is missing.
 * @throws {Error} If it can't be opened or read: what Deno throws.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readRecordFile(): RecordFile {
  try {
    // Nobody but root can put anything else in its place meanwhile.
    const { isFile, size } = Deno.statSync(RUN_FILES.setupRecord);
    if (!isFile || size > MAX_BYTES) return { isThere: true, bridges: new Map(), damaged: "all" };
    return { isThere: true, ...parseRecord(Deno.readTextFileSync(RUN_FILES.setupRecord)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { isThere: false, bridges: new Map(), damaged: [] };
    throw error;
  }
}

/**
 * Finds bridges that the file has lost and the copies in nft still have.
 *
 * A copy is used only if the bridge's map and its guard chain exist. Without them, an older version has removed the
 * bridge and left the copy, which it does not know. The network driver may have created the map again since, but it
 * creates no guard chain.
 *
 * @param file What the file holds.
 * @param nft What nft holds.
 * @returns The networks of each such bridge.
 */
export function findLost({ isThere, bridges, damaged }: RecordFile, { maps, objects, copies }: NftState): SetupRecord {
  const lost = new Map<BridgeName, readonly NetworkRecord[]>();
  const chains = new Set(objects.filter(({ kind }) => kind === "chain").map(({ name }) => name));
  for (const [bridge, copy] of copies) {
    if (bridges.has(bridge) || !maps.bridges.has(bridge) || !chains.has(namesOf(bridge).guardChain)) continue;
    if (isThere && damaged !== "all" && !damaged.includes(bridge)) continue;
    const networks = parseNetworks(copy);
    if (networks !== undefined) lost.set(bridge, networks);
  }
  return lost;
}

/**
 * Tells whether the file needs {@linkcode recoverRecord}.
 *
 * @param file What the file holds.
 * @param nft What nft holds.
 * @returns Whether the file is damaged in any part, or missing although nft has copies.
 */
export function isLost(file: RecordFile, nft: NftState): boolean {
  return file.damaged.length > 0 || findLost(file, nft).size > 0;
}

/**
 * Reads the record. If the file is gone or damaged, it recovers the record from the copies in nft and keeps the damaged
 * file beside it. The caller holds the lock of `setup`.
 *
 * @param listNft Lists nft's state. It is not called if the file is good.
 * @returns The record.
 * @throws {import("../errors.ts").TproxyError} If nft's state can't be listed.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function recoverRecord(listNft: () => Promise<NftState>): Promise<SetupRecord> {
  const file = readRecordFile();
  if (file.isThere && file.damaged.length === 0) return file.bridges;
  const lost = findLost(file, await listNft());
  const recovered = [...lost.keys()].join(" ");
  if (file.isThere) {
    const what = file.damaged === "all" ? "all of it" : file.damaged.join(" ");
    log.warning("The setup record is damaged", { bridges: what, recovered, keptAs: keepAside() });
  } else if (lost.size > 0) {
    log.warning("The setup record is gone", { recovered });
  } else {
    return file.bridges;
  }
  const record = new Map([...file.bridges, ...lost]);
  write(record);
  return record;
}

/** Renames the file and the older damaged ones, and removes the oldest. Returns the new name. */
function keepAside(): string {
  const name = (age: number) => age === 0 ? RUN_FILES.setupRecord : `${RUN_FILES.damagedRecord}-${age}`;
  removeIfThere(name(KEPT));
  for (let age = KEPT - 1; age >= 0; age--) {
    if (lstatIfThere(name(age)) !== undefined) Deno.renameSync(name(age), name(age + 1));
  }
  return name(1);
}

/**
 * Writes the networks of some bridges into the record.
 *
 * @param record The record as it was read, under the same lock.
 * @param changes The networks of each; a bridge without any is removed from the record.
 * @returns The new record.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function writeRecord(record: SetupRecord, changes: SetupRecord): SetupRecord {
  const next = new Map([...record, ...changes].filter(([bridge]) => changes.get(bridge)?.length !== 0));
  write(next);
  return next;
}

function write(record: SetupRecord): void {
  if (record.size === 0) return removeIfThere(RUN_FILES.setupRecord);
  const bridges = [...record].map(([bridge, networks]) => [bridge, inOrder(networks)] as const);
  replaceFile(RUN_FILES.setupRecord, JSON.stringify(Object.fromEntries(bridges), undefined, 1) + "\n", 0);
}
