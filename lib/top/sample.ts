/**
 * Reading what `tproxy top` shows: the counts that proxies write, and the streams that outers answer.
 *
 * @module
 */

import { askOuters } from "../daemon/ask.ts";
import { readCounts } from "../daemon/counts.ts";
import type { BridgeName } from "../names.ts";
import { PROXY_DIR } from "../paths.ts";
import { isBridgeName } from "../protocol/control.ts";
import { type VmStream, withVms } from "../commands/streams.ts";
import { VmAddresses } from "../setup/read_vm_addresses.ts";
import type { Counts } from "../protocol/counts.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";

/** Counts, and when a proxy has written them. */
export interface Written {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The counts. */
  readonly counts: Counts;
}

/** What there was at one time. */
export interface Sample {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** How many outers have answered. */
  readonly outers: number;
  /** Their streams. */
  readonly streams: readonly VmStream[];
  /** How many more streams there are. */
  readonly omitted: number;
  /** Why an outer has not answered, a line for each. */
  readonly failures: readonly string[];
  /** What outer has counted; `undefined` if that is not known. */
  readonly outer: Written | undefined;
  /** What the inner proxy of each bridge that is served has counted; `undefined` if that is not known. */
  readonly inners: ReadonlyMap<BridgeName, Written | undefined>;
}

const VMS = new VmAddresses();

/**
 * Reads all of it once.
 *
 * @returns What there is.
 * @throws {Deno.errors.NotCapable} Without the permissions of `top` in `lib/permissions/command_permissions.ts`.
 */
export async function takeSample(): Promise<Sample> {
  const [{ outers, omitted, failures, ...answers }, outer, findVm] = await Promise.all([
    askOuters({ ask: "streams", which: {} }),
    readWritten(OUTER),
    VMS.read(),
  ]);
  const streams = withVms(answers.streams, findVm);
  const at = Date.now();
  const inners = new Map<BridgeName, Written | undefined>(streams.map(({ bridge }) => [bridge, undefined]));
  for (const bridge of await servedBridges()) inners.set(bridge, readWritten(innerOf(bridge)));
  return { at, outers, streams, omitted, failures, outer, inners };
}

/**
 * Root makes the files of counts, so an outer that was taken over can't have any number of files read by naming
 * bridges.
 */
async function servedBridges(): Promise<BridgeName[]> {
  if (lstatIfThere(PROXY_DIR) === undefined) return [];
  const entries = await Array.fromAsync(Deno.readDir(PROXY_DIR));
  return entries.map(({ name }) => /^inner-stats\.(.+)\.json$/.exec(name)?.[1]).filter(isBridgeName);
}

function readWritten(role: Role): Written | undefined {
  // The time comes first: counts that are newer than their time are put right by the next reading.
  const at = lstatIfThere(role.statsFile)?.mtime?.getTime();
  const counts = at === undefined ? undefined : readCounts(role);
  return at === undefined || counts === undefined ? undefined : { at, counts };
}
