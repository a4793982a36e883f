/**
 * What `setup` was asked for: which networks are on which bridge, in the order in which they came, and the endpoints of
 * each. nft holds what comes of it; this says whose each endpoint is, so that one network can go without the others.
 *
 * @module
 */

import { type Endpoint, isPort } from "../address.ts";
import { isDiallable } from "../config/parse_entry.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import { checkOptions } from "../limits_json.ts";
import { renderOptions } from "../limits_text.ts";
import { type BridgeName, RUN_FILES } from "../names.ts";
import { readIfThere, removeIfThere, replaceFile } from "../run_dir.ts";

/** A network on a bridge. */
export interface NetworkRecord extends Network {
  /** Its endpoints. */
  readonly endpoints: readonly SelectedEndpoint[];
}

/** The networks of every bridge, in the order in which they came. */
export type SetupRecord = ReadonlyMap<BridgeName, readonly NetworkRecord[]>;

/** What one bridge's networks come to. */
export interface Union {
  /** The endpoints, in ascending order of their service port. */
  readonly endpoints: readonly Endpoint[];
  /** Those left out, because a network that came before has another service, or other options, on that port. */
  readonly clashes: readonly Endpoint[];
}

/** The same network: by ID where both have one, since names are unique only for each owner. */
function isSame(a: Network, b: Network): boolean {
  return a.id !== undefined && b.id !== undefined ? a.id === b.id : a.name !== undefined && a.name === b.name;
}

/**
 * Adds a network to a bridge, or gives one that is there its new endpoints.
 *
 * @param networks The networks of the bridge.
 * @param network The network and its endpoints; without any, it is taken away.
 * @returns The networks afterwards.
 */
export function withNetwork(networks: readonly NetworkRecord[], network: NetworkRecord): NetworkRecord[] {
  if (network.endpoints.length === 0) return withoutNetwork(networks, network);
  const known = networks.some((other) => isSame(other, network));
  return known ? networks.map((other) => isSame(other, network) ? network : other) : [...networks, network];
}

/**
 * Finds what a network on a bridge is served.
 *
 * @param networks The networks of the bridge.
 * @param network The network.
 * @returns Its endpoints; none if it is not there.
 */
export function endpointsOf(networks: readonly NetworkRecord[], network: Network): readonly SelectedEndpoint[] {
  return networks.find((other) => isSame(other, network))?.endpoints ?? [];
}

/**
 * Takes a network from a bridge.
 *
 * @param networks The networks of the bridge.
 * @param network The network.
 * @returns The others.
 */
export function withoutNetwork(networks: readonly NetworkRecord[], network: Network): NetworkRecord[] {
  return networks.filter((other) => !isSame(other, network));
}

/**
 * Joins the endpoints of a bridge's networks; of those with one service port, the one of the network that came first wins.
 *
 * @param networks The networks of the bridge.
 * @returns What the bridge serves, and what it can't.
 */
export function unionOf(networks: readonly NetworkRecord[]): Union {
  const chosen = new Map<number, Endpoint>();
  const clashes: Endpoint[] = [];
  for (const endpoint of networks.flatMap(({ endpoints }) => endpoints)) {
    const first = chosen.get(endpoint.servicePort);
    if (first === undefined) chosen.set(endpoint.servicePort, endpoint);
    else if (!isSameService(first, endpoint)) clashes.push(endpoint);
  }
  return { endpoints: [...chosen.values()].toSorted((a, b) => a.servicePort - b.servicePort), clashes };
}

function isSameService(a: Endpoint, b: Endpoint): boolean {
  return a.remoteAddr === b.remoteAddr && a.remotePort === b.remotePort &&
    renderOptions(a.options ?? {}) === renderOptions(b.options ?? {});
}

/**
 * Reads the record. One that is missing or damaged counts as empty: each network's next `up` puts it in again.
 *
 * @returns The record.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export async function readRecord(): Promise<SetupRecord> {
  return parseRecord(await readIfThere(RUN_FILES.setupRecord) ?? "");
}

/**
 * Parses the record.
 *
 * @param text The file's text.
 * @returns The record; empty if the text is not one.
 */
export function parseRecord(text: string): SetupRecord {
  try {
    const bridges = Object.entries<NetworkRecord[]>(JSON.parse(text));
    const isGood = bridges.every(([, networks]) =>
      networks.every(({ endpoints }) =>
        endpoints.every((e) =>
          isPort(e.servicePort) && isDiallable(e.remoteAddr) && isPort(e.remotePort) &&
          (e.options === undefined || checkOptions(e.options) !== undefined)
        )
      )
    );
    return isGood ? new Map(bridges.map(([bridge, networks]) => [bridge as BridgeName, networks])) : new Map();
  } catch {
    return new Map();
  }
}

/**
 * Writes the networks of one bridge into the record.
 *
 * @param record The record as it was read, under the same lock.
 * @param bridge The bridge.
 * @param networks Its networks; none takes the bridge out.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function writeRecord(
  record: SetupRecord,
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
): Promise<void> {
  const next = new Map(record);
  if (networks.length === 0) next.delete(bridge);
  else next.set(bridge, networks);
  if (next.size === 0) await removeIfThere(RUN_FILES.setupRecord);
  else await replaceFile(RUN_FILES.setupRecord, JSON.stringify(Object.fromEntries(next), undefined, 1) + "\n", 0);
}
