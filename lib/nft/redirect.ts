/**
 * Which service ports guests reach without a route, and the set of them that `redirect_<br>` asks. Pure.
 *
 * WHY a set of its own: the map `ep_<br>` is in the table of another family, where no rule of a bridge can see it.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { TPROXY } from "../names.ts";

/**
 * Lists the service ports that guests reach without a route.
 *
 * @param endpoints The endpoints of a bridge.
 * @returns The ports of those that do not have `redirect` set to `false`.
 */
export function redirectedPorts(endpoints: readonly Endpoint[]): number[] {
  return endpoints.filter(({ options }) => options?.redirect !== false).map(({ servicePort }) => servicePort);
}

/**
 * Renders what makes the set hold the ports of some endpoints and no others.
 *
 * @param set The set's name.
 * @param endpoints The endpoints of a bridge.
 * @returns Commands for `nft -f -`.
 */
export function renderRedirected(set: string, endpoints: readonly Endpoint[]): string[] {
  const ports = redirectedPorts(endpoints);
  return [
    `add set bridge ${TPROXY} ${set} { type inet_service ; }`,
    `flush set bridge ${TPROXY} ${set}`,
    ...(ports.length === 0 ? [] : [`add element bridge ${TPROXY} ${set} { ${ports.join(", ")} }`]),
  ];
}
