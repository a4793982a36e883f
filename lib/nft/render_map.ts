/**
 * Rendering the commands that fill a map of endpoints. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { TPROXY } from "../names.ts";
import { isSameElement, renderElement } from "./map_element.ts";

/**
 * Renders the commands that put endpoints into a map.
 *
 * @param map The map's name.
 * @param endpoints The endpoints.
 * @param present The current endpoints of the map; those on other ports stay. An element that somebody adds before the
 * commands run stays too. If it is on one of the ports, the commands fail. Without `present`, the map is flushed first.
 * @returns Commands for `nft -f -`.
 */
export function renderMap(map: string, endpoints: readonly Endpoint[], present?: readonly Endpoint[]): string[] {
  const wrong = endpoints.filter((endpoint) => !present?.some((other) => isSameElement(other, endpoint)));
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
