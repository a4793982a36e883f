/**
 * Recording the VLAN filter of each bridge's `<br>b`. The kernel forgets the filter with the port, so a new port gets
 * it from the record. The network driver sets the filter, so the filter of a port that is up is always right.
 *
 * @module
 */

import { withLock } from "../lock.ts";
import { BRIDGE_NAME, type BridgeName } from "../names.ts";
import { type BridgeNames, namesOf } from "../names_of.ts";
import { RUN_FILES } from "../paths.ts";
import { parseJson } from "../parse_json.ts";
import { runCommand } from "../run_command.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";
import { type Link, listLinks } from "./observe.ts";
import { isSameVlans, isVlans, parseVlans, planVlans, type Vlan } from "./vlans.ts";

/** How long to wait for the lock of `setup`. A VM's deploy may hold it for longer; then the next pass tries again. */
const LOCK_DEADLINE_MS = 5_000;

type VlanRecord = ReadonlyMap<BridgeName, readonly Vlan[]>;

/**
 * Finds the VLANs for a bridge's port. If the port is in place, it reads and records them; if not, it takes them from
 * the record. The caller holds the lock of `setup`.
 *
 * @param names The bridge's names.
 * @param links The devices of the host namespace, by their names.
 * @returns The VLANs; none if the bridge does not filter, or none are recorded.
 * @throws {import("../run_command.ts").CommandError} If bridge fails.
 * @throws {import("../errors.ts").KernelStateError} If bridge's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/bridge`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function vlansOf(names: BridgeNames, links: ReadonlyMap<string, Link>): Promise<readonly Vlan[]> {
  const { bridge, bridgeEnd } = names;
  if (links.get(bridge)?.vlanFiltering !== true) return [];
  const record = readVlanRecord();
  if (!isInPlace(names, links)) return record.get(bridge) ?? [];
  const vlans = (await listVlans(bridgeEnd)).get(bridgeEnd) ?? [];
  write(new Map([...record, [bridge, vlans]]));
  return vlans;
}

/**
 * Sets the VLANs of a port.
 *
 * @param port The port's name.
 * @param wanted The VLANs that it should have.
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
 * Records the VLANs of ports that are in place. The network driver may set them while nothing of ours runs but the
 * watch.
 *
 * @param bridges The bridges that `setup` has recorded.
 * @param links The devices of the host namespace, by their names, from a recent listing.
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
    // Listed again under the lock: a `setup` may have just created a port that was in the first listing without its
    // filter.
    const list = await listLinks();
    const changed = await findChanged(filtering, new Map(list.map((link) => [link.name, link])));
    write(new Map([...readVlanRecord(), ...changed]));
  });
}

async function findChanged(bridges: readonly BridgeName[], links: ReadonlyMap<string, Link>): Promise<VlanRecord> {
  const [record, listed] = [readVlanRecord(), await listVlans()];
  const changed = new Map<BridgeName, readonly Vlan[]>();
  for (const bridge of bridges) {
    const names = namesOf(bridge);
    const vlans = listed.get(names.bridgeEnd) ?? [];
    const known = record.get(bridge);
    if (isInPlace(names, links) && (known === undefined || !isSameVlans(known, vlans))) changed.set(bridge, vlans);
  }
  return changed;
}

/** Tells whether the port is on its bridge and up. A port that is down may be new and have no filter yet. */
function isInPlace({ bridge, bridgeEnd }: BridgeNames, links: ReadonlyMap<string, Link>): boolean {
  const port = links.get(bridgeEnd);
  return port?.master === bridge && port.up;
}

/**
 * Removes a bridge's VLANs from the record. It succeeds if there are none.
 *
 * @param bridge The bridge.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function forgetVlans(bridge: BridgeName): void {
  const record = new Map(readVlanRecord());
  if (record.delete(bridge)) write(record);
}

/**
 * Lists the VLANs of ports.
 *
 * @param port The port; all ports if it is missing.
 * @returns The VLANs of each port.
 * @throws {import("../run_command.ts").CommandError} If bridge fails.
 * @throws {import("../errors.ts").KernelStateError} If bridge's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/bridge`.
 */
export async function listVlans(port?: string): Promise<Map<string, readonly Vlan[]>> {
  const which = port === undefined ? [] : ["dev", port];
  return parseVlans(await runCommand("bridge", ["-j", "vlan", "show", ...which]));
}

/** Reads the record. A damaged part counts as missing: the ports that exist still have their filters. */
function readVlanRecord(): VlanRecord {
  return parseVlanRecord(readIfThere(RUN_FILES.vlanFilters) ?? "{}");
}

/**
 * Parses the record.
 *
 * @param text JSON.
 * @returns The VLANs of each bridge's port; a bridge with anything else is left out.
 */
export function parseVlanRecord(text: string): VlanRecord {
  const value = parseJson(text);
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return new Map(entries.flatMap(([bridge, vlans]): [BridgeName, readonly Vlan[]][] => {
    return BRIDGE_NAME.test(bridge) && isVlans(vlans) ? [[bridge as BridgeName, vlans]] : [];
  }));
}

function write(record: VlanRecord): void {
  if (record.size === 0) removeIfThere(RUN_FILES.vlanFilters);
  else replaceFile(RUN_FILES.vlanFilters, JSON.stringify(Object.fromEntries(record)) + "\n", 0);
}
