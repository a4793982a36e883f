/**
 * What a configuration changes of what is recorded: which service of which network on which bridge. Pure.
 *
 * @module
 */

import type { Network, SelectedEndpoint } from "../config/select.ts";
import type { BridgeName } from "../names.ts";
import { isSameEndpoint } from "../nft/element.ts";
import { giveTo, type Grant } from "./grant.ts";
import type { KeptEndpoint } from "./keep.ts";
import { isNobodys, type NetworkRecord, type SetupRecord } from "./record.ts";

/** A service of a network that comes (there is none before), goes (there is none after) or becomes another one. */
export interface ServiceChange {
  /** The network; without ID and name if nobody has said whose the service is. */
  readonly network: Network;
  /** What it is served now. */
  readonly before?: SelectedEndpoint;
  /** What it is to be served. */
  readonly after?: SelectedEndpoint;
}

/** What becomes of one bridge. */
export interface BridgePlan {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** What changes, in the order of the networks and of the service ports. */
  readonly changes: readonly ServiceChange[];
  /** The endpoints that stay although no good entry has them, and whose they are. */
  readonly kept: readonly (KeptEndpoint & { readonly network: Network })[];
}

/** What becomes of all bridges. */
export interface ConfigPlan {
  /** The bridges of which something changes or stays in doubt, by name. */
  readonly bridges: readonly BridgePlan[];
  /** The bridges that are recorded and not there now: the configuration is applied to them when they come back. */
  readonly absent: readonly BridgeName[];
  /** How many services the networks of the bridges that are there have now. */
  readonly services: number;
  /** How many of them go. */
  readonly removed: number;
}

/**
 * Lists the networks that somebody has named, each once.
 *
 * @param record What is recorded.
 * @returns The networks, as they were named.
 */
export function networksIn(record: SetupRecord): Network[] {
  const named = [...record.values()].flat().filter((network) => !isNobodys(network));
  return [...new Map(named.map(({ endpoints: _, ...network }) => [keyOf(network), network])).values()];
}

/**
 * Gives each network of a bridge what it has been granted. One that was not asked about stays as it is.
 *
 * @param networks The networks of the bridge.
 * @param grants What networks get.
 * @returns The networks afterwards, and what stays in doubt.
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
 * @param present The bridges that are there.
 * @returns What changes.
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
 * Tells whether a configuration takes so much away that somebody should say that it is meant.
 *
 * @param plan What changes.
 * @returns Whether more than half of all services go.
 */
export function removesMost({ services, removed }: ConfigPlan): boolean {
  return removed * 2 > services;
}

/**
 * Says why a configuration is not applied.
 *
 * @param plan What it changes.
 * @returns One line, with the command that applies it all the same.
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
  const isSame = before !== undefined && after !== undefined && isSameEndpoint(before, after) &&
    before.remoteName === after.remoteName;
  return isSame ? undefined : { network, ...(before && { before }), ...(after && { after }) };
}

function byPort(network: NetworkRecord | undefined): Map<number, SelectedEndpoint> {
  return new Map((network?.endpoints ?? []).map((endpoint) => [endpoint.servicePort, endpoint]));
}

function keyOf({ id, name }: Network): string {
  return JSON.stringify([id, name]);
}
