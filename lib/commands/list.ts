/**
 * `setup list`: which bridges have endpoints, for which networks, and who made them.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type Answer, toJson } from "./answer.ts";
import { describeNetwork } from "./check_config.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import { OK } from "../exit_code.ts";
import { renderOptions } from "../limits_text.ts";
import type { BridgeName } from "../names.ts";
import { isSameEndpoint } from "../nft/element.ts";
import { listState } from "../nft/nft.ts";
import { renderTable } from "../table.ts";
import type { SetupRecord } from "../setup/record.ts";
import { findLost, readRecordFile } from "../setup/record_file.ts";

/** A network on a bridge. */
export interface ListedNetwork {
  /** The network; `null` if nothing says whose the endpoints are. */
  readonly network: Network | null;
  /** What its guests are served. */
  readonly endpoints: readonly SelectedEndpoint[];
}

/** A bridge that has endpoints. */
export interface ListedBridge {
  /** Its name. */
  readonly bridge: BridgeName;
  /** `setup` if it is in the record; `driver` if it is only in nft, where the network driver or a person made it. */
  readonly madeBy: "setup" | "driver";
  /** Its networks, in the order in which they came. */
  readonly networks: readonly ListedNetwork[];
}

/**
 * Joins what is recorded and what is in nft.
 *
 * @param record The setup record.
 * @param maps The endpoints of each bridge's map.
 * @returns The bridges by name.
 */
export function describeBridges(
  record: SetupRecord,
  maps: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): ListedBridge[] {
  const names = [...new Set([...record.keys(), ...maps.keys()])].toSorted();
  return names.map((bridge): ListedBridge => {
    const recorded = record.get(bridge) ?? [];
    const networks = recorded.map(({ endpoints, ...network }): ListedNetwork => {
      return { network: Object.keys(network).length === 0 ? null : network, endpoints };
    });
    const known = recorded.flatMap(({ endpoints }) => endpoints);
    const others = (maps.get(bridge) ?? []).filter((endpoint) => !known.some((own) => isSameEndpoint(own, endpoint)));
    return {
      bridge,
      madeBy: record.has(bridge) ? "setup" : "driver",
      networks: [...networks, ...(others.length === 0 ? [] : [{ network: null, endpoints: others }])],
    };
  });
}

/**
 * Renders bridges for people.
 *
 * @param bridges The bridges.
 * @returns A table with a row for each endpoint, and for each bridge without any.
 */
export function renderBridges(bridges: readonly ListedBridge[]): string {
  if (bridges.length === 0) return "no bridge has endpoints";
  const rows = bridges.flatMap(({ bridge, madeBy, networks }) => {
    const own = networks.flatMap(({ network, endpoints }) =>
      endpoints.map((endpoint) => [bridge, madeBy, describeNetwork(network ?? {}), ...renderEndpoint(endpoint)])
    );
    return own.length === 0 ? [[bridge, madeBy, "none", "", "", ""]] : own;
  });
  const table = [["bridge", "made by", "network", "service port", "remote", "options"], ...rows];
  return renderTable(rows.some((row) => row[5] !== "") ? table : table.map((row) => row.slice(0, 5))).join("\n");
}

function renderEndpoint({ servicePort, remoteAddr, remotePort, remoteName, options = {} }: SelectedEndpoint): string[] {
  const resolved = remoteName === undefined ? "" : ` (${remoteAddr})`;
  return [`${servicePort}`, `${remoteName ?? remoteAddr}:${remotePort}${resolved}`, renderOptions(options)];
}

/**
 * Lists all bridges that have endpoints.
 *
 * @returns The bridges; the exit code is 0.
 * @throws {import("../errors.ts").TproxyError} If nft fails, or its answer is no listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy` and `--allow-run=/usr/sbin/nft`.
 */
export async function listBridges(): Promise<Answer> {
  const [file, nft] = [readRecordFile(), await listState()];
  const bridges = describeBridges(new Map([...file.bridges, ...findLost(file, nft)]), nft.maps.bridges);
  return { text: renderBridges(bridges), notes: [], json: toJson(bridges), exitCode: OK };
}
