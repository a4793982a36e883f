/**
 * Applying the record of bridges to the kernel.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { CommandError } from "../run_command.ts";
import { ensureRules } from "../nft/change_rules.ts";
import type { BridgeRules } from "../nft/bridge_script.ts";
import { listState } from "../nft/nft.ts";
import type { MapListing } from "../nft/parse_state.ts";
import { type MadeLinks, makeLinks } from "../netns/links.ts";
import { listLinks } from "../netns/observe.ts";
import { findIntact } from "./intact.ts";
import { unionOf } from "./join_endpoints.ts";
import { copyOf, type NetworkRecord, type SetupRecord } from "./setup_record.ts";

/** How to treat endpoints that are not recorded. */
export interface ApplyOptions {
  /** Whether endpoints in the map that are not recorded stay. They stay unless somebody has asked to remove them. */
  readonly keepsOthers?: boolean;
  /** Bridges whose record is as it was. Their rules are looked at first, and applied only if they are not intact. */
  readonly unchanged?: ReadonlySet<BridgeName>;
}

/** The bridges that could not be changed, each with the reason. */
export type Failures = ReadonlyMap<BridgeName, unknown>;

/**
 * Applies the record of one bridge to the kernel. The caller holds the lock of `setup`.
 *
 * @param bridge The bridge.
 * @param networks Its networks; at least one.
 * @param options Whether endpoints that are not recorded stay; they are removed by default.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read=/run/netns`.
 */
export async function applyRecord(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  options: ApplyOptions = {},
): Promise<void> {
  for (const error of (await applyRecords(new Map([[bridge, networks]]), options)).values()) throw error;
}

/**
 * Applies the record of some bridges to the kernel, with one nft transaction for all of them. A bridge that fails is as
 * it was, and the others are set up. The caller holds the lock of `setup`.
 *
 * @param record The bridges, each with at least one network.
 * @param options Whether endpoints that are not recorded stay; they are removed by default. And which bridges may need no
 * transaction.
 * @returns The bridges that could not be set up.
 * @throws {import("../run_command.ts").CommandError} If nft can't list what is there.
 */
export async function applyRecords(
  record: SetupRecord,
  { keepsOthers = false, unchanged = new Set() }: ApplyOptions = {},
): Promise<Failures> {
  const failures = new Map<BridgeName, unknown>();
  const made = new Map<BridgeName, MadeLinks>();
  const listed = listLinks();
  for (const bridge of record.keys()) {
    await attempt(bridge, failures, async () => void made.set(bridge, await makeLinks(namesOf(bridge), listed)));
  }
  if (made.size === 0) return failures;
  try {
    const maps = keepsOthers ? (await listState()).maps : undefined;
    const rules = [...made.keys()].map((bridge) => rulesOf(bridge, record.get(bridge) ?? [], maps));
    const intact = await findIntact(new Map([...record].filter(([bridge]) => unchanged.has(bridge))));
    const due = rules.filter(({ bridge }) => !intact.has(bridge));
    // The maps come last: where there is a map, the namespace is ready.
    const forms = new Map([...intact, ...due.length === 0 ? [] : await ensureRules(due)]);
    for (const { bridge, endpoints } of rules) {
      await attempt(bridge, failures, async () => {
        const form = forms.get(bridge);
        if (form instanceof CommandError) throw form;
        await made.get(bridge)?.announce();
        const ports = endpoints.map(({ servicePort }) => servicePort).join(" ");
        log.info("The bridge is set up", { bridge, ports, rules: form });
      });
    }
  } catch (error) {
    for (const bridge of made.keys()) failures.set(bridge, error);
  }
  for (const [bridge, { undo }] of made) if (failures.has(bridge)) await attempt(bridge, failures, undo);
  return failures;
}

/**
 * Does the part of one bridge. Its failure is kept, and the other bridges go on.
 *
 * @param bridge The bridge.
 * @param failures The failure is added to it.
 * @param work The part.
 */
export async function attempt(
  bridge: BridgeName,
  failures: Map<BridgeName, unknown>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.set(bridge, error);
  }
}

function rulesOf(bridge: BridgeName, networks: readonly NetworkRecord[], present?: MapListing): BridgeRules {
  const { endpoints, clashes } = unionOf(networks);
  for (const clash of clashes) {
    const fields = { bridge, port: clash.servicePort, remote: remoteOf(clash) };
    log.warning("Another network of the bridge has this port for another service, or with other options", fields);
  }
  const rules = { bridge, endpoints, copy: copyOf(networks) };
  return present === undefined ? rules : { ...rules, present: inMap(bridge, present) };
}

function inMap(bridge: BridgeName, { bridges, unusable }: MapListing): Endpoint[] {
  return [...bridges.get(bridge) ?? [], ...unusable.get(bridge) ?? []];
}
