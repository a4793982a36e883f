/**
 * The setup record: the networks on each bridge, in the order in which they came, and the endpoints of each. nft holds
 * the endpoints of a whole bridge. The record says which network each endpoint belongs to, so that one network can be
 * removed without the others.
 *
 * @module
 */

import type { Network, SelectedEndpoint } from "../config/select.ts";
import type { BridgeName } from "../names.ts";

/** A network on a bridge. One without ID and name holds endpoints that were in nft before anything was recorded. */
export interface NetworkRecord extends Network {
  /** Its endpoints; none if no entry of the configuration is meant for it so far. */
  readonly endpoints: readonly SelectedEndpoint[];
}

/** The networks of every bridge, in the order in which they came. */
export type SetupRecord = ReadonlyMap<BridgeName, readonly NetworkRecord[]>;

/**
 * Tells whether two networks are the same. IDs are compared if both have one, since names are unique only for each
 * owner.
 */
function isSame(a: Network, b: Network): boolean {
  return a.id !== undefined && b.id !== undefined ? a.id === b.id : a.name !== undefined && a.name === b.name;
}

/**
 * Adds a network to a bridge, or replaces the endpoints of one that is there. Endpoints on these ports that belonged to
 * no network belong to this one afterwards.
 *
 * @param networks The networks of the bridge.
 * @param network The network and its endpoints.
 * @returns The networks afterwards.
 */
export function withNetwork(networks: readonly NetworkRecord[], network: NetworkRecord): NetworkRecord[] {
  const ports = new Set(network.endpoints.map(({ servicePort }) => servicePort));
  const others = networks.map((other) => isNobodys(other) ? withoutPorts(other, ports) : other)
    .filter((other) => !isNobodys(other) || other.endpoints.length > 0);
  const known = others.some((other) => isSame(other, network));
  return known ? others.map((other) => isSame(other, network) ? network : other) : [...others, network];
}

/**
 * Tells whether a network of a record stands for endpoints that belong to no known network.
 *
 * @param network The network of a record.
 * @returns Whether it has neither an ID nor a name.
 */
export function isNobodys({ id, name }: Network): boolean {
  return id === undefined && name === undefined;
}

function withoutPorts({ endpoints, ...network }: NetworkRecord, ports: ReadonlySet<number>): NetworkRecord {
  return { ...network, endpoints: endpoints.filter(({ servicePort }) => !ports.has(servicePort)) };
}

/**
 * Tells whether a network is recorded on a bridge, with services or without.
 *
 * @param networks The networks of the bridge.
 * @param network The network.
 * @returns Whether it is there.
 */
export function hasNetwork(networks: readonly NetworkRecord[], network: Network): boolean {
  return networks.some((other) => isSame(other, network));
}

/**
 * Leaves out bridges without services. They have no state in the kernel.
 *
 * @param record What is recorded.
 * @returns The bridges that have at least one service.
 */
export function withServices(record: SetupRecord): SetupRecord {
  return new Map([...record].filter(([, networks]) => networks.some(({ endpoints }) => endpoints.length > 0)));
}

/**
 * Finds the endpoints of a network on a bridge.
 *
 * @param networks The networks of the bridge.
 * @param network The network.
 * @returns Its endpoints; none if it is not there.
 */
export function endpointsOf(networks: readonly NetworkRecord[], network: Network): readonly SelectedEndpoint[] {
  return networks.find((other) => isSame(other, network))?.endpoints ?? [];
}

/**
 * Removes a network from a bridge.
 *
 * @param networks The networks of the bridge.
 * @param network The network.
 * @returns The others.
 */
export function withoutNetwork(networks: readonly NetworkRecord[], network: Network): NetworkRecord[] {
  return networks.filter((other) => !isSame(other, network));
}

/**
 * Renders the record of one bridge, for its copy in nft.
 *
 * @param networks The bridge's networks.
 * @returns JSON in one line, the same for the same networks.
 */
export function copyOf(networks: readonly NetworkRecord[]): string {
  return JSON.stringify(inOrder(networks));
}

/**
 * Puts the record of one bridge into the order in which it is written.
 *
 * @param networks The bridge's networks.
 * @returns The networks with all fields in a fixed order. A missing field is `undefined`, which JSON leaves out.
 */
export function inOrder(networks: readonly NetworkRecord[]): unknown[] {
  return networks.map(({ id, name, endpoints }) => ({
    id,
    name,
    endpoints: endpoints.map(
      ({ servicePort, remoteAddr, remotePort, options, remoteName, backupAddrs, backupNames }) => {
        return { servicePort, remoteAddr, remotePort, options, remoteName, backupAddrs, backupNames };
      },
    ),
  }));
}
