/**
 * `setup list`: which bridges have endpoints, for which networks, and who made them.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type Answer, toJson } from "./answer.ts";
import { namedAddressesOf } from "../config/named_addresses.ts";
import { describeNetwork } from "./describe_network.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import { OK } from "../exit_code.ts";
import { renderOptions } from "../limits_codec.ts";
import { type BridgeName, UNNAMED_NETWORK } from "../names.ts";
import { isSameElement } from "../nft/map_element.ts";
import { listState } from "../nft/nft.ts";
import { renderTable } from "../table.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import { findLost, readRecordFile } from "../setup/setup_record_file.ts";

/** A network on a bridge. */
export interface ListedNetwork {
  /** The network; `null` if nothing says whose the endpoints are. */
  readonly network: Network | null;
  /** What its guests are served; nothing if no entry is meant for it. */
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
    const others = (maps.get(bridge) ?? []).filter((endpoint) => !known.some((own) => isSameElement(own, endpoint)));
    return {
      bridge,
      // Elements beside a record that has no services come from the driver.
      madeBy: record.has(bridge) && (known.length > 0 || others.length === 0) ? "setup" : "driver",
      networks: [...networks, ...(others.length === 0 ? [] : [{ network: null, endpoints: others }])],
    };
  });
}

/**
 * Renders bridges for people.
 *
 * @param bridges The bridges.
 * @returns A table with a row for each endpoint, and for each network and each bridge without any.
 */
export function renderBridges(bridges: readonly ListedBridge[]): string {
  if (bridges.length === 0) return "no bridge has endpoints";
  const rows = bridges.flatMap(({ bridge, madeBy, networks }) => {
    const own = networks.flatMap(({ network, endpoints }) =>
      endpoints.length === 0
        ? [[bridge, madeBy, describeNetwork(network ?? {}), "none", "", ""]]
        : endpoints.map((endpoint) => [bridge, madeBy, describeNetwork(network ?? {}), ...renderEndpoint(endpoint)])
    );
    return own.length === 0 ? [[bridge, madeBy, "none", "", "", ""]] : own;
  });
  const table = [["bridge", "made by", "network", "service port", "remote", "options"], ...rows];
  return renderTable(rows.some((row) => row[5] !== "") ? table : table.map((row) => row.slice(0, 5))).join("\n");
}

/**
 * Writes an endpoint.
 *
 * @param endpoint The endpoint.
 * @returns Its service port, its remotes, each with the address that a name has, and its options.
 */
export function renderEndpoint(endpoint: SelectedEndpoint): string[] {
  const { servicePort, remotePort, options = {} } = endpoint;
  const remotes = namedAddressesOf(endpoint).map(({ address, name }) => {
    return name === undefined ? `${address}:${remotePort}` : `${name}:${remotePort} (${address})`;
  });
  return [`${servicePort}`, remotes.join(", "), renderOptions(options)];
}

/**
 * Says what `tproxy apply` can't know: whose services are, and what entries call a network that has only a name or an
 * ID.
 *
 * @param bridges The bridges.
 * @returns A line for each bridge or network, with what to do about it.
 */
export function describeUnknown(bridges: readonly ListedBridge[]): string[] {
  return bridges.flatMap(({ bridge, networks }) =>
    networks.flatMap(({ network, endpoints }) => {
      if (network === null) {
        const ports = endpoints.map(({ servicePort }) => servicePort).join(" ");
        const remedy = `run "tproxy-setup up --bridge ${bridge} --network NAME --network-id ID" for the network`;
        return [`${bridge}: apply leaves ${ports} as it is, since nobody has said whose it is; ${remedy}`];
      }
      if (network.name === UNNAMED_NETWORK.name || network.id !== undefined && network.name !== undefined) return [];
      const lacks = network.id === undefined ? "ID" : "name";
      const remedy = `run "tproxy-setup up --bridge ${bridge} --network NAME --network-id ID" with both`;
      return [
        `${bridge}: an entry that has this network's ${lacks} does not reach it: ${
          describeNetwork(network)
        }; ${remedy}`,
      ];
    })
  );
}

/**
 * Finds all bridges that have endpoints, or networks for which there may be some.
 *
 * @returns The bridges by name.
 * @throws {import("../errors.ts").TproxyError} If nft fails, or its answer is no listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy` and `--allow-run=/usr/sbin/nft`.
 */
export async function readBridges(): Promise<ListedBridge[]> {
  const [file, nft] = [readRecordFile(), await listState()];
  return describeBridges(new Map([...file.bridges, ...findLost(file, nft)]), nft.maps.bridges);
}

/**
 * Lists all bridges that have endpoints, or networks for which there may be some.
 *
 * @returns The bridges; the exit code is 0.
 * @throws {import("../errors.ts").TproxyError} If nft fails, or its answer is no listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy` and `--allow-run=/usr/sbin/nft`.
 */
export async function listBridges(): Promise<Answer> {
  const bridges = await readBridges();
  return { text: renderBridges(bridges), notes: describeUnknown(bridges), json: toJson(bridges), exitCode: OK };
}
