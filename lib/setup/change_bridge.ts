/**
 * Changing which networks are on a bridge: the record first, then the kernel's state.
 *
 * @module
 */

import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf, RUN_FILES } from "../names.ts";
import { listState, removeRules } from "../nft/nft.ts";
import type { NftState } from "../nft/parse_state.ts";
import { applyRecord } from "./apply_record.ts";
import { removeLinks } from "../netns/links.ts";
import { isNobodys, type NetworkRecord } from "./setup_record.ts";
import { recoverRecord, writeRecord } from "./setup_record_file.ts";
import { forgetVlans } from "../netns/vlan_record.ts";

/** How long to wait for the lock: longer than any run takes, and shorter than a driver waits for a VM's network. */
const LOCK_DEADLINE_MS = 30_000;

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

/** Computes the new networks of a bridge from the present ones. */
export type Change = (networks: readonly NetworkRecord[]) => readonly NetworkRecord[];

/**
 * Changes the networks of a bridge, in the record and in the kernel. The record is written first, so that the next run
 * completes one that was interrupted. If the kernel refuses the change, the record is restored. The caller holds the
 * lock of `setup`.
 *
 * @param bridge The bridge.
 * @param adopts Whether endpoints in nft stay if no endpoint of the bridge is recorded.
 * @param change The change. If no endpoint is left, everything of the bridge is removed from the kernel.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function changeBridge(bridge: BridgeName, adopts: boolean, change: Change): Promise<void> {
  let state: Promise<NftState> | undefined;
  const listOnce = () => state ??= listState();
  const record = await recoverRecord(listOnce);
  const before = record.get(bridge) ?? [];
  const isServed = before.some(({ endpoints }) => endpoints.length > 0);
  const networks = change(!isServed && adopts ? [...before, ...adopt(bridge, await listOnce())] : before);
  await writeRecord(record, bridge, networks);
  if (networks.every(({ endpoints }) => endpoints.length === 0)) {
    await removeRules(bridge);
    await removeLinks(namesOf(bridge));
    await forgetVlans(bridge);
    log.info("The bridge has no proxy", { bridge });
    return;
  }
  const [nobodys] = networks.filter(isNobodys);
  if (nobodys !== undefined) {
    const ports = nobodys.endpoints.map(({ servicePort }) => servicePort).join(" ");
    const remedy = `to be rid of them, run "setup down --bridge ${bridge}", then "setup up" for each network`;
    log.warning(`Keeping services whose network is not known; ${remedy}`, { bridge, ports });
  }
  try {
    await applyRecord(bridge, networks);
  } catch (error) {
    await writeRecord(record, bridge, before);
    throw error;
  }
}

/**
 * Finds endpoints of a bridge that has no record. They come from the network driver, or from a record that was lost.
 */
function adopt(bridge: BridgeName, { maps }: NftState): NetworkRecord[] {
  const endpoints = maps.bridges.get(bridge) ?? [];
  return endpoints.length === 0 ? [] : [{ endpoints }];
}
