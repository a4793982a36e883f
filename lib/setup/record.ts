/**
 * What `setup` was asked for: which networks are on which bridge, in the order in which they came, and the endpoints of
 * each. nft holds what comes of it; this says whose each endpoint is, so that one network can go without the others.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import type { BridgeName } from "../names.ts";
import { isSameEndpoint } from "../nft/element.ts";

/** A network on a bridge; one without ID and name stands for endpoints that were there before anything was recorded. */
export interface NetworkRecord extends Network {
  /** Its endpoints; none if no entry is meant for it yet, which a later configuration may change. */
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
 * Adds a network to a bridge, or gives one that is there its new endpoints. What is nobody's on the ports of these is this
 * network's from then on.
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
 * Tells whether endpoints are of a network that nobody has named yet.
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
 * Leaves out the bridges that have no service: there is nothing of theirs in the kernel.
 *
 * @param record What is recorded.
 * @returns The bridges that have at least one service.
 */
export function withServices(record: SetupRecord): SetupRecord {
  return new Map([...record].filter(([, networks]) => networks.some(({ endpoints }) => endpoints.length > 0)));
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
    else if (!isSameEndpoint(first, endpoint)) clashes.push(endpoint);
  }
  return { endpoints: [...chosen.values()].toSorted((a, b) => a.servicePort - b.servicePort), clashes };
}

/**
 * Writes what is recorded of one bridge, for its copy in nft.
 *
 * @param networks The bridge's networks.
 * @returns JSON in one line, the same for the same networks.
 */
export function copyOf(networks: readonly NetworkRecord[]): string {
  return JSON.stringify(inOrder(networks));
}

/**
 * Puts what is recorded of one bridge into the form in which it is written.
 *
 * @param networks The bridge's networks.
 * @returns The same with all fields in the same order; what is missing is `undefined`, which JSON leaves out.
 */
export function inOrder(networks: readonly NetworkRecord[]): unknown[] {
  return networks.map(({ id, name, endpoints }) => ({
    id,
    name,
    endpoints: endpoints.map(({ servicePort, remoteAddr, remotePort, options, remoteName }) => {
      return { servicePort, remoteAddr, remotePort, options, remoteName };
    }),
  }));
}
