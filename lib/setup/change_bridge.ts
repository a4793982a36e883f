/**
 * Changing which networks are on bridges: the record first, then the kernel's state.
 *
 * @module
 */

import { describe, LockError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { RUN_FILES } from "../paths.ts";
import { removeRules } from "../nft/change_rules.ts";
import { listState } from "../nft/nft.ts";
import type { NftState } from "../nft/parse_state.ts";
import { applyRecords, attempt, type Failures } from "./apply_record.ts";
import { removeLinks } from "../netns/links.ts";
import { listLinks } from "../netns/observe.ts";
import { CommandError } from "../run_command.ts";
import { copyOf, isNobodys, type NetworkRecord, withServices } from "./setup_record.ts";
import { recoverRecord, writeRecord } from "./setup_record_file.ts";
import { forgetVlans } from "../netns/vlan_record.ts";

/** How long to wait for the lock: longer than any run takes, and shorter than a driver waits for a VM's network. */
const LOCK_DEADLINE_MS = 30_000;

/** How long to wait for it to note the configuration, which only saves the next run some time. */
const NOTE_DEADLINE_MS = 500;

/**
 * Runs some work under the lock of `setup`.
 *
 * @param work The work.
 * @returns What the work returns.
 * @throws {import("../errors.ts").LockError} If another run holds the lock for longer than 30 seconds.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function withSetupLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, work);
}

/**
 * Notes the configuration for later programs. If another run holds the lock for more than half a second, this is left to
 * the next program that reads the configuration.
 *
 * @param note Notes it.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function noteUnlessBusy(note: () => Promise<void>): Promise<void> {
  try {
    await withLock(RUN_FILES.setupLock, NOTE_DEADLINE_MS, note);
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    log.debug("Cannot note the configuration", { error: describe(error) });
  }
}

/** Computes the new networks of a bridge from the present ones. */
export type Change = (networks: readonly NetworkRecord[]) => readonly NetworkRecord[];

/**
 * Changes the networks of some bridges, in the record and in the kernel, with one nft transaction for all that are set up
 * and one for all that go. The record is written first, so that the next run completes one that was interrupted. If the
 * kernel refuses the change of a bridge, the record of this bridge is restored, and the others go on. The caller holds
 * the lock of `setup`.
 *
 * @param changes The change of each bridge. If no endpoint of a bridge is left, everything of it is removed from the
 * kernel.
 * @param adopts Whether endpoints in nft stay if no endpoint of the bridge is recorded.
 * @returns The bridges that could not be changed.
 * @throws {import("../errors.ts").TproxyError} If nft's state can't be listed; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function changeBridges(changes: ReadonlyMap<BridgeName, Change>, adopts: boolean): Promise<Failures> {
  let state: Promise<NftState> | undefined;
  const listOnce = () => state ??= listState();
  const record = await recoverRecord(listOnce);
  const next = new Map<BridgeName, readonly NetworkRecord[]>();
  for (const [bridge, change] of changes) {
    const before = record.get(bridge) ?? [];
    const isServed = before.some(({ endpoints }) => endpoints.length > 0);
    next.set(bridge, change(!isServed && adopts ? [...before, ...adopt(bridge, await listOnce())] : before));
  }
  const written = writeRecord(record, next);
  const served = withServices(next);
  for (const [bridge, networks] of served) warnOfNobodys(bridge, networks);
  const isUnchanged = (bridge: BridgeName) => copyOf(record.get(bridge) ?? []) === copyOf(next.get(bridge) ?? []);
  const unchanged = new Set([...served.keys()].filter(isUnchanged));
  const refused = served.size === 0 ? new Map() : await applyRecords(served, { unchanged });
  if (refused.size > 0) {
    writeRecord(written, new Map([...refused.keys()].map((bridge) => [bridge, record.get(bridge) ?? []])));
  }
  const left = await removeBridges([...next.keys()].filter((bridge) => !served.has(bridge)));
  return new Map([...refused, ...left]);
}

/**
 * Changes the networks of one bridge, as {@linkcode changeBridges} does.
 *
 * @param bridge The bridge.
 * @param adopts Whether endpoints in nft stay if no endpoint of the bridge is recorded.
 * @param change The change.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function changeBridge(bridge: BridgeName, adopts: boolean, change: Change): Promise<void> {
  for (const error of (await changeBridges(new Map([[bridge, change]]), adopts)).values()) throw error;
}

async function removeBridges(bridges: readonly BridgeName[]): Promise<Failures> {
  const failures = new Map<BridgeName, unknown>();
  if (bridges.length === 0) return failures;
  const removed = await removeRules(bridges);
  const listed = listLinks();
  for (const bridge of bridges) {
    await attempt(bridge, failures, async () => {
      const done = removed.get(bridge);
      if (done instanceof CommandError) throw done;
      await removeLinks(namesOf(bridge), listed);
      forgetVlans(bridge);
      log.info("The bridge has no proxy", { bridge });
    });
  }
  return failures;
}

function warnOfNobodys(bridge: BridgeName, networks: readonly NetworkRecord[]): void {
  const [nobodys] = networks.filter(isNobodys);
  if (nobodys === undefined) return;
  const ports = nobodys.endpoints.map(({ servicePort }) => servicePort).join(" ");
  const remedy =
    `to be rid of them, run "tproxy-setup down --bridge ${bridge}", then "tproxy-setup up" for each network`;
  log.warning(`Keeping services whose network is not known; ${remedy}`, { bridge, ports });
}

/**
 * Finds endpoints of a bridge that has no record. They come from the network driver, or from a record that was lost.
 */
function adopt(bridge: BridgeName, { maps }: NftState): NetworkRecord[] {
  const endpoints = maps.bridges.get(bridge) ?? [];
  return endpoints.length === 0 ? [] : [{ endpoints }];
}
