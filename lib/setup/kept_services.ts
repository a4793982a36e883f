/**
 * Keeping services whose entry can't be used. A service is removed only if its entry is really gone. Nothing here
 * changes the kernel.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import type { Config, Position } from "../config/config.ts";
import {
  type Network,
  type Resolve,
  type SelectedEndpoint,
  selectEndpoints,
  type Selection,
} from "../config/select.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { isNobodys, type SetupRecord } from "./setup_record.ts";

/**
 * A service that stays as it is because the entry that may be meant for it can't be used, with its bridge and network.
 */
export interface KeptService {
  /** The bridge. */
  readonly bridge: string;
  /** The network. */
  readonly network: Network;
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** Where the entry begins. */
  readonly at: Position;
}

/** An endpoint that stays as it was, and the entry that may be meant for it. */
export interface KeptEndpoint {
  /** The endpoint as it was. */
  readonly endpoint: SelectedEndpoint;
  /** Where that entry begins. */
  readonly at: Position;
}

/**
 * Finds the endpoints of a network that stay because their entry can't be used.
 *
 * @param former The endpoints of the network so far.
 * @param selection The endpoints that the configuration gives it now, and the entries in doubt.
 * @returns The former endpoints whose port no good entry has, if an entry in doubt may be meant for it.
 */
export function keptOf(
  former: readonly SelectedEndpoint[],
  { endpoints, doubts }: Pick<Selection, "endpoints" | "doubts">,
): KeptEndpoint[] {
  const served = new Set(endpoints.map(({ servicePort }) => servicePort));
  return former.filter(({ servicePort }) => !served.has(servicePort)).flatMap((endpoint) => {
    const doubt = doubts.find(({ servicePort = endpoint.servicePort }) => servicePort === endpoint.servicePort);
    return doubt === undefined ? [] : [{ endpoint, at: doubt.at }];
  });
}

/**
 * Warns of each endpoint of a bridge that stays because its entry can't be used.
 *
 * @param bridge The bridge.
 * @param kept The endpoints that stay.
 * @param path The configuration file.
 */
export function warnOfKept(bridge: BridgeName, kept: readonly KeptEndpoint[], path: string): void {
  for (const { endpoint, at } of kept) {
    const fields = { bridge, port: endpoint.servicePort, remote: remoteOf(endpoint), entry: `${path}:${at.line}` };
    log.warning("A service stays as it was, since its entry can't be used", fields);
  }
}

/**
 * Finds the services that would stay in doubt if a configuration were applied to every recorded network.
 *
 * @param config The configuration.
 * @param record The record.
 * @param resolve Resolves a host name.
 * @returns The services that would stay, in the record's order.
 */
export async function findKept(config: Config, record: SetupRecord, resolve: Resolve): Promise<KeptService[]> {
  const all = [...record].flatMap(([bridge, networks]) =>
    networks.filter((network) => !isNobodys(network)).map((network) => ({ bridge, ...network }))
  );
  const kept = await Promise.all(all.map(async ({ bridge, endpoints, name, id }) => {
    const network = { ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { id }) };
    const found = keptOf(endpoints, await selectEndpoints(config, network, resolve));
    return found.map((endpoint) => ({ bridge, network, ...endpoint }));
  }));
  return kept.flat();
}
