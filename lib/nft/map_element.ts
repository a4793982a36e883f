/**
 * Rendering and parsing one element of a map, `service_port : remote_addr . remote_port`. The element's comment holds
 * the options of the endpoint. There is no other place for them in nft that keeps the map's type as the network drivers
 * expect it.
 *
 * @module
 */

import { type Endpoint, isPort } from "../address.ts";
import { parseOptions, renderOptions, type WithOptions } from "../limits_codec.ts";
import { field, valueOf } from "./listing.ts";

/**
 * Renders an endpoint as an element. Options are words of letters, digits, `_` and `=`, so none of them can end the
 * quoted comment.
 *
 * @param endpoint The endpoint.
 * @returns For example `5030 comment "idle_timeout=60" : 10.11.12.13 . 5030`; an endpoint without options has no
 * comment.
 */
export function renderElement({ servicePort, remoteAddr, remotePort, options = {} }: Endpoint): string {
  const words = renderOptions(options);
  return `${servicePort}${words === "" ? "" : ` comment "${words}"`} : ${remoteAddr} . ${remotePort}`;
}

/**
 * Tells whether two endpoints have the same element. More addresses of a service are not in the map, since it keeps the
 * type and the form that the network drivers' own proxies read.
 *
 * @param a An endpoint.
 * @param b An endpoint.
 * @returns Whether service port, remote and options are the same.
 */
export function isSameElement(a: Endpoint, b: Endpoint): boolean {
  return renderElement(a) === renderElement(b);
}

/**
 * Parses an element as nft lists it: `[5030, {"concat": ["10.11.12.13", 5030]}]`, or with `{"elem": {"val": 5030, …}}`
 * in place of the port.
 *
 * @param element What nft listed.
 * @returns The endpoint without its options, or `undefined` if the element is not an endpoint.
 */
export function parseElement(element: unknown): Endpoint | undefined {
  if (!Array.isArray(element) || element.length !== 2) return undefined;
  const servicePort = valueOf(element[0]);
  const concat = field(element[1], "concat");
  if (!Array.isArray(concat) || concat.length !== 2) return undefined;
  const [remoteAddr, remotePort] = concat;
  if (!isPort(servicePort) || !isPort(remotePort) || typeof remoteAddr !== "string") return undefined;
  return { servicePort, remoteAddr, remotePort };
}

/**
 * Reads the options in an element's comment. The comment may have been written for people, so the endpoint stays
 * whatever the comment says.
 *
 * @param map The map's name, for messages.
 * @param element What nft listed.
 * @param warnings Receives a line if the comment has words that are not options.
 * @returns The options, to be spread into the endpoint.
 */
export function readOptions(map: string, element: unknown, warnings: string[]): WithOptions {
  const key: unknown = Array.isArray(element) ? element[0] : undefined;
  const comment = field(field(key, "elem"), "comment");
  if (comment === undefined) return {};
  const { unknown, ...options } = parseOptions(String(comment));
  if (unknown.length > 0) {
    const words = unknown.map((word) => JSON.stringify(word)).join(", ");
    warnings.push(
      `Ignored in the comment of the element ${
        valueOf(key)
      } of the map ${map}: ${words}: not an option that setup writes`,
    );
  }
  return options;
}
