/**
 * Remembering the VLAN filter of each bridge's `<br>b`, since the kernel forgets it with the port. Who sets it, and when,
 * is the network driver's business: what is on a port that is up is right.
 *
 * @module
 */

import { withLock } from "../lock.ts";
import { BRIDGE_NAME, type BridgeName, type BridgeNames, namesOf, RUN_FILES } from "../names.ts";
import { runCommand } from "../run_command.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import { type Link, parseLinks } from "./observe.ts";
import { isSameVlans, isVlans, parseVlans, planVlans, type Vlan } from "./vlans.ts";

/** A VM's deploy may hold the lock of `setup` for longer; the next pass tries again. */
const LOCK_DEADLINE_MS = 5_000;

type VlanRecord = ReadonlyMap<BridgeName, readonly Vlan[]>;

/**
 * Finds the VLANs that a bridge's port should have, whether it is there or has to be made, and remembers them. Whoever
 * calls it holds the lock of `setup`.
 *
 * @param names The bridge's names.
 * @param links The devices of the host namespace, by their names.
 * @returns The VLANs; none if the bridge does not filter, or nobody knows.
 * @throws {import("../run_command.ts").CommandError} If bridge fails.
 * @throws {import("../errors.ts").KernelStateError} If bridge's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/bridge`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function vlansOf(names: BridgeNames, links: ReadonlyMap<string, Link>): Promise<readonly Vlan[]> {
  const { bridge, bridgeEnd } = names;
  if (links.get(bridge)?.vlanFiltering !== true) return [];
  const record = await readVlanRecord();
  if (!isInPlace(names, links)) return record.get(bridge) ?? [];
  const vlans = (await listVlans(bridgeEnd)).get(bridgeEnd) ?? [];
  await write(new Map([...record, [bridge, vlans]]));
  return vlans;
}

/**
 * Gives a port its VLANs.
 *
 * @param port The port's name.
 * @param wanted What it should have.
 * @throws {import("../run_command.ts").CommandError} If bridge fails.
 * @throws {import("../errors.ts").KernelStateError} If bridge's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/bridge`.
 */
export async function setVlans(port: string, wanted: readonly Vlan[]): Promise<void> {
  const lines = planVlans(port, (await listVlans(port)).get(port) ?? [], wanted);
  if (lines.length === 0) return;
  await runCommand("bridge", ["-batch", "-"], { stdin: lines.map((line) => `${line}\n`).join("") });
}

/**
 * Remembers the VLANs of ports that are in place. The network driver sets them when nothing of ours runs but a watch.
 *
 * @param bridges The bridges that `setup` has recorded.
 * @param links The devices of the host namespace, by their names, as they were a moment ago.
 * @throws {import("../errors.ts").TproxyError} If ip or bridge fails, or the lock of `setup` can't be had.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and bridge, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function rememberVlans(
  bridges: Iterable<BridgeName>,
  links: ReadonlyMap<string, Link>,
): Promise<void> {
  const filtering = [...bridges].filter((bridge) => links.get(bridge)?.vlanFiltering === true);
  if (filtering.length === 0 || (await findChanged(filtering, links)).size === 0) return;
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    // Looked at again: a port that a `setup` has just made may have been in the listing without its filter.
    const list = parseLinks(await runCommand("ip", ["-j", "-d", "link", "show"]));
    const changed = await findChanged(filtering, new Map(list.map((link) => [link.name, link])));
    await write(new Map([...await readVlanRecord(), ...changed]));
  });
}

async function findChanged(bridges: readonly BridgeName[], links: ReadonlyMap<string, Link>): Promise<VlanRecord> {
  const [record, listed] = [await readVlanRecord(), await listVlans()];
  const changed = new Map<BridgeName, readonly Vlan[]>();
  for (const bridge of bridges) {
    const names = namesOf(bridge);
    const vlans = listed.get(names.bridgeEnd) ?? [];
    const known = record.get(bridge);
    if (isInPlace(names, links) && (known === undefined || !isSameVlans(known, vlans))) changed.set(bridge, vlans);
  }
  return changed;
}

/** One that is not up may have been made a moment ago, and not have its filter yet. */
function isInPlace({ bridge, bridgeEnd }: BridgeNames, links: ReadonlyMap<string, Link>): boolean {
  const port = links.get(bridgeEnd);
  return port?.master === bridge && port.up;
}

/**
 * Forgets a bridge's VLANs. Nothing there is fine.
 *
 * @param bridge The bridge.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function forgetVlans(bridge: BridgeName): Promise<void> {
  const record = new Map(await readVlanRecord());
  if (record.delete(bridge)) await write(record);
}

async function listVlans(port?: string): Promise<Map<string, readonly Vlan[]>> {
  const which = port === undefined ? [] : ["dev", port];
  return parseVlans(await runCommand("bridge", ["-j", "vlan", "show", ...which]));
}

/** Reads what is remembered. What is damaged is forgotten: the ports that are there have it still. */
async function readVlanRecord(): Promise<VlanRecord> {
  return parseVlanRecord(await readIfThere(RUN_FILES.vlanFilters) ?? "{}");
}

/**
 * Parses what is remembered.
 *
 * @param text JSON.
 * @returns The VLANs of each bridge's port; a bridge with anything else is left out.
 */
export function parseVlanRecord(text: string): VlanRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return new Map(entries.flatMap(([bridge, vlans]): [BridgeName, readonly Vlan[]][] => {
    return BRIDGE_NAME.test(bridge) && isVlans(vlans) ? [[bridge as BridgeName, vlans]] : [];
  }));
}

async function write(record: VlanRecord): Promise<void> {
  if (record.size === 0) await removeIfThere(RUN_FILES.vlanFilters);
  else await replaceFile(RUN_FILES.vlanFilters, JSON.stringify(Object.fromEntries(record)) + "\n", 0);
}
