/**
 * Planning what a new configuration changes: which service of which network on which bridge. Pure.
 *
 * @module
 */

import { namedAddressesOf } from "../config/named_addresses.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import type { BridgeName } from "../names.ts";
import { giveTo, type Grant } from "./grant.ts";
import type { KeptEndpoint } from "./kept_services.ts";
import { isSameService } from "./join_endpoints.ts";
import { isNobodys, type NetworkRecord, type SetupRecord } from "./setup_record.ts";

/** A service of a network that is added (no `before`), removed (no `after`) or changed. */
export interface ServiceChange {
  /** The network; without ID and name if the network of the service is not known. */
  readonly network: Network;
  /** The service now. */
  readonly before?: SelectedEndpoint;
  /** The service afterwards. */
  readonly after?: SelectedEndpoint;
}

/** The changes of one bridge. */
export interface BridgePlan {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The changes, in the order of the networks and of their service ports. */
  readonly changes: readonly ServiceChange[];
  /** The endpoints that stay because their entry can't be used, each with its network. */
  readonly kept: readonly (KeptEndpoint & { readonly network: Network })[];
}

/** The changes of all bridges. */
export interface ConfigPlan {
  /** The bridges with a change, or with an endpoint that stays in doubt, in the order of their names. */
  readonly bridges: readonly BridgePlan[];
  /** The recorded bridges that do not exist now. The configuration is applied to them when they come back. */
  readonly absent: readonly BridgeName[];
  /** How many services the networks on existing bridges have now. */
  readonly services: number;
  /** How many of them are removed. */
  readonly removed: number;
}

/**
 * Lists the networks that have a name or an ID, each once.
 *
 * @param record What is recorded.
 * @returns The networks, without their endpoints.
 */
export function networksIn(record: SetupRecord): Network[] {
  const named = [...record.values()].flat().filter((network) => !isNobodys(network));
  return [...new Map(named.map(({ endpoints: _, ...network }) => [keyOf(network), network])).values()];
}

/**
 * Gives each network of a bridge its granted services. A network without a grant stays as it is.
 *
 * @param networks The networks of the bridge.
 * @param grants What networks get.
 * @returns The networks afterwards, and the endpoints that stay in doubt.
 */
export function giveAll(
  networks: readonly NetworkRecord[],
  grants: readonly Grant[],
): { networks: readonly NetworkRecord[]; kept: BridgePlan["kept"] } {
  const granted = new Map(grants.map((grant) => [keyOf(grant.network), grant]));
  const due = networks.map((network) => granted.get(keyOf(network))).filter((grant) => grant !== undefined);
  return due.reduce<ReturnType<typeof giveAll>>((all, grant) => {
    const given = giveTo(all.networks, grant);
    return {
      networks: given.networks,
      kept: [...all.kept, ...given.kept.map((kept) => ({ ...kept, network: grant.network }))],
    };
  }, { networks, kept: [] });
}

/**
 * Plans what a configuration changes.
 *
 * @param record What is recorded.
 * @param grants What networks get.
 * @param present The bridges that exist.
 * @returns The changes.
 */
export function planConfig(
  record: SetupRecord,
  grants: readonly Grant[],
  present: ReadonlySet<string>,
): ConfigPlan {
  const names = [...record.keys()].toSorted();
  const plans = names.filter((bridge) => present.has(bridge)).map((bridge) => {
    const before = record.get(bridge) ?? [];
    const { networks: after, kept } = giveAll(before, grants);
    return { bridge, before, kept, changes: changesOf(before, after) };
  });
  const named = plans.flatMap(({ before }) => before).filter((network) => !isNobodys(network));
  const gone = plans.flatMap(({ changes }) => changes).filter(({ network, after }) => !isNobodys(network) && !after);
  return {
    bridges: plans.filter(({ changes, kept }) => changes.length + kept.length > 0)
      .map(({ bridge, changes, kept }) => ({ bridge, changes, kept })),
    absent: names.filter((bridge) => !present.has(bridge)),
    services: named.flatMap(({ endpoints }) => endpoints).length,
    removed: gone.length,
  };
}

/**
 * Tells whether a configuration removes so many services that somebody should confirm it.
 *
 * @param plan The changes.
 * @returns Whether more than half of all services are removed.
 */
export function removesMost({ services, removed }: ConfigPlan): boolean {
  return removed * 2 > services;
}

/**
 * Explains why a configuration was not applied.
 *
 * @param plan The changes.
 * @returns One line, with the command that applies it anyway.
 */
export function describeRefusal({ removed, services }: ConfigPlan): string {
  return `${removed} of ${services} services would go, so nothing was changed; if that is meant, run "tproxy apply --yes"`;
}

function changesOf(before: readonly NetworkRecord[], after: readonly NetworkRecord[]): ServiceChange[] {
  const networks = new Map([...before, ...after].map(({ endpoints: _, ...network }) => [keyOf(network), network]));
  return [...networks].flatMap(([key, network]) => {
    const [old, next] = [before, after].map((all) => byPort(all.find((other) => keyOf(other) === key)));
    const ports = [...new Set([...old?.keys() ?? [], ...next?.keys() ?? []])].toSorted((a, b) => a - b);
    return ports.map((port) => changeOf(network, old?.get(port), next?.get(port))).filter((change) =>
      change !== undefined
    );
  });
}

function changeOf(network: Network, before?: SelectedEndpoint, after?: SelectedEndpoint): ServiceChange | undefined {
  const isSame = before !== undefined && after !== undefined && isSameService(before, after) &&
    namesOf(before) === namesOf(after);
  return isSame ? undefined : { network, ...(before && { before }), ...(after && { after }) };
}

function namesOf(endpoint: SelectedEndpoint): string {
  return JSON.stringify(namedAddressesOf(endpoint).map(({ name }) => name));
}

function byPort(network: NetworkRecord | undefined): Map<number, SelectedEndpoint> {
  return new Map((network?.endpoints ?? []).map((endpoint) => [endpoint.servicePort, endpoint]));
}

function keyOf({ id, name }: Network): string {
  return JSON.stringify([id, name]);
}
