/**
 * The health of all bridges: those that `setup` has recorded, and those that the network driver made.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { describe } from "../errors.ts";
import type { Fault } from "../fault.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { findBridgeFaults } from "../netns/faults.ts";
import { lookInside } from "../netns/inside.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { joinEndpoints } from "../setup/join_endpoints.ts";
import { NETNS_SYSCTLS, SYSCTL_KEYS } from "../netns/sysctls.ts";
import { type Link, listLinks } from "../netns/observe.ts";
import { findMissingInNft } from "../setup/missing_in_nft.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import { isLost } from "../setup/setup_record_file.ts";
import { look, type Present } from "../setup/restore.ts";
import { type Applied, readApplied } from "../nft/applied.ts";
import type { BridgeTable } from "../nft/fingerprint.ts";
import { listStateAndRules } from "../nft/list_rules.ts";
import { forEachConcurrently } from "../daemon/concurrency.ts";

/** How many namespaces are looked into at a time. Each takes two short processes. */
const LOOKS_AT_ONCE = 4;

/** What the host has of all bridges. */
export interface HostView {
  /** What is recorded, and what the kernel has, as it was listed. */
  readonly present: Present;
  /** The devices of the host namespace, by their names. */
  readonly links: ReadonlyMap<string, Link>;
  /** The names of the namespaces' files. */
  readonly netns: ReadonlySet<string>;
  /** The endpoints of every map in nft. */
  readonly maps: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** The copies of the record in nft. */
  readonly copies: ReadonlyMap<BridgeName, string>;
  /** What each bridge's guests should be served; bridges without anything are missing. */
  readonly endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** The rules of all bridges. */
  readonly table: BridgeTable;
  /** What `setup` has recorded. */
  readonly record: SetupRecord;
  /** Whether the record has to be restored from its copies. */
  readonly isRecordLost: boolean;
  /** The rules as `setup` applied them. */
  readonly applied: Applied;
}

/**
 * Looks at the host, by one process for each kind of thing.
 *
 * @param former The rules as they were listed, if nobody has changed them since. To list them is most of the work.
 * @returns What is there.
 * @throws {import("../errors.ts").TproxyError} If ip or nft fails, or its answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns` and
 * `/run/one_tproxy`.
 */
export async function lookAtHost(former?: BridgeTable): Promise<HostView> {
  const applied = readApplied();
  const inNft = listStateAndRules(former);
  const [present, { table }] = await Promise.all([look(() => inNft.then(({ state }) => state)), inNft]);
  const { file, nft, links, netns } = present;
  const listed = links.length > 0 ? links : await listLinks();
  return {
    present,
    links: new Map(listed.map((link) => [link.name, link])),
    netns,
    maps: nft.maps.bridges,
    copies: nft.copies,
    endpoints: joinEndpoints(file.bridges, nft.maps.bridges),
    table,
    record: file.bridges,
    isRecordLost: isLost(file, nft),
    applied,
  };
}

/**
 * Tells which bridges should have a proxy. A bridge that is not there went with its last guest, and needs none.
 *
 * @param host What the host has.
 * @returns Those that `setup` has recorded and those for which the network driver made a map, in ascending order.
 */
export function bridgesOf({ links, endpoints, record }: HostView): BridgeName[] {
  return [...new Set([...record.keys(), ...endpoints.keys()])].filter((name) => links.get(name)?.kind === "bridge")
    .toSorted();
}

/**
 * Tells which proxies should run.
 *
 * @param host What the host has.
 * @returns Their roles, outer first; none if no bridge is served.
 */
export function rolesWanted({ endpoints, links, netns }: HostView): Role[] {
  const served = [...endpoints.keys()].filter((bridge) => links.has(bridge) || netns.has(namesOf(bridge).netns));
  return served.length === 0 ? [] : [OUTER, ...served.toSorted().map(innerOf)];
}

/**
 * Finds what is wrong with bridges.
 *
 * @param host What the host has.
 * @param bridges The bridges, among those that {@linkcode bridgesOf} returns.
 * @param lookInto Those whose namespaces are looked into as well.
 * @param served Those whose inner runs. Only in their namespaces has `tproxy` made its settings.
 * @returns The faults of each bridge that has any. It is a fault if a bridge can't be looked at.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function findFaultsOfBridges(
  host: HostView,
  bridges: readonly BridgeName[],
  lookInto: ReadonlySet<BridgeName>,
  served: ReadonlySet<BridgeName>,
): Promise<Map<BridgeName, Fault[]>> {
  const found = new Map<BridgeName, Fault[]>();
  await forEachConcurrently(LOOKS_AT_ONCE, bridges, async (name) => {
    const bridge = host.links.get(name);
    if (bridge === undefined) return;
    const names = namesOf(name);
    const networks = host.record.get(name);
    const isRecorded = networks !== undefined;
    const sysctls = isRecorded || served.has(name) ? NETNS_SYSCTLS : [];
    try {
      const inside = lookInto.has(name) ? await lookInside(names, SYSCTL_KEYS) : undefined;
      const port = host.links.get(names.bridgeEnd);
      const redirected = host.table.sets.get(names.redirected);
      const held = { elements: host.maps.get(name), redirected, copy: host.copies.get(name) };
      const view = { bridge, port, inside, missing: findMissingInNft(names, networks, held), table: host.table };
      const faults = findBridgeFaults({ names, isRecorded, applied: host.applied.get(name), sysctls }, view);
      if (faults.length > 0) found.set(name, faults);
    } catch (error) {
      found.set(name, [{
        code: "look-failed",
        subject: name,
        text: describe(error),
        remedy: `see what "ip -n ${names.netns} address" says`,
      }]);
    }
  });
  return new Map([...found].toSorted(([a], [b]) => a < b ? -1 : 1));
}
