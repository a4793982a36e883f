/**
 * Keeping services whose entry can't be used. A service is removed only if its entry is really gone. Nothing here
 * changes the kernel.
 *
 * @module
 */

import { remoteOf } from "../address.ts";
import type { Position } from "../config/config.ts";
import type { SelectedEndpoint, Selection } from "../config/select.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";

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
