/**
 * What makes a map of endpoints hold what it should. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { TPROXY } from "../names.ts";
import { isSameEndpoint, renderElement } from "./element.ts";

/**
 * Renders what makes a map hold some endpoints.
 *
 * @param map The map's name.
 * @param endpoints The endpoints.
 * @param present What the map holds now, of which everything on other ports is to stay; unless told, nothing else stays.
 * Whatever else somebody adds before the commands are run stays, too; if it is on one of these ports, they fail.
 * @returns Commands for `nft -f -`.
 */
export function renderMap(map: string, endpoints: readonly Endpoint[], present?: readonly Endpoint[]): string[] {
  const wrong = endpoints.filter((endpoint) => !present?.some((other) => isSameEndpoint(other, endpoint)));
  const ports = new Set(wrong.map(({ servicePort }) => servicePort));
  const inTheWay = (present ?? []).map(({ servicePort }) => servicePort).filter((port) => ports.has(port));
  const elements = wrong.map(renderElement);
  return [
    `add map ip ${TPROXY} ${map} { type inet_service : ipv4_addr . inet_service ; }`,
    ...(present === undefined ? [`flush map ip ${TPROXY} ${map}`] : []),
    ...(inTheWay.length === 0 ? [] : [`delete element ip ${TPROXY} ${map} { ${inTheWay.join(", ")} }`]),
    ...(elements.length === 0 ? [] : [`add element ip ${TPROXY} ${map} { ${elements.join(", ")} }`]),
  ];
}
