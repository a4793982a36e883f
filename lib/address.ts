/**
 * Ports and IPv4 addresses. They pass from the configuration through nft to the proxies, and are checked at every step.
 *
 * @module
 */

import { GUEST_ADDRESS } from "./names.ts";
import type { EndpointOptions } from "./limits.ts";

/** A service that the guests of one network reach at `169.254.16.9:servicePort`. */
export interface Endpoint {
  /** The TCP port that guests connect to, 1 to 65535. */
  readonly servicePort: number;
  /** The address of the service: IPv4 in dotted form. */
  readonly remoteAddr: string;
  /** The TCP port of the service, 1 to 65535. */
  readonly remotePort: number;
  /**
   * More addresses of the service, in the order in which they are tried if it does not answer; missing if there are
   * none.
   */
  readonly backupAddrs?: readonly string[];
  /** Its options; missing if there are none. */
  readonly options?: EndpointOptions;
}

/**
 * Tells whether a value is a TCP port that can be listened on or dialled.
 *
 * @param value Anything.
 * @returns `true` for an integer from 1 to 65535.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isPort } from "@one/tproxy";
 *
 * assert.equal(isPort(5030), true);
 * assert.equal(isPort("5030"), false);
 * ```
 */
export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Tells whether a text is an IPv4 address in its usual dotted form.
 *
 * @param text Anything.
 * @returns `true` for four numbers from 0 to 255 with dots between them, without leading zeros.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isIpv4 } from "@one/tproxy";
 *
 * assert.equal(isIpv4("10.11.12.13"), true);
 * assert.equal(isIpv4("10.11.12.013"), false);
 * ```
 */
export function isIpv4(text: unknown): text is string {
  return typeof text === "string" && IPV4.test(text) && !/(?:^|\.)0\d/.test(text);
}

/**
 * Writes an endpoint's remote as it appears in Deno's `--allow-net`, in logs and in messages.
 *
 * @param remote An address and a port.
 * @returns For example `10.11.12.13:5030`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { remoteOf } from "@one/tproxy";
 *
 * assert.equal(remoteOf({ remoteAddr: "10.11.12.13", remotePort: 5030 }), "10.11.12.13:5030");
 * ```
 */
export function remoteOf(remote: Pick<Endpoint, "remoteAddr" | "remotePort">): string {
  return `${remote.remoteAddr}:${remote.remotePort}`;
}

/** Which addresses a service has, as {@linkcode Endpoint} has them. */
export type Addresses = Pick<Endpoint, "remoteAddr" | "backupAddrs">;

/**
 * Lists all addresses of a service.
 *
 * @param service The service.
 * @returns Its addresses, in the order in which they are tried; at least one.
 */
export function addressesOf({ remoteAddr, backupAddrs = [] }: Addresses): [string, ...string[]] {
  return [remoteAddr, ...backupAddrs];
}

/**
 * Writes all remotes of an endpoint, each as {@linkcode remoteOf} does.
 *
 * @param endpoint The endpoint.
 * @returns For example `["10.11.12.13:5030", "10.11.12.14:5030"]`.
 */
export function remotesOf(endpoint: Addresses & Pick<Endpoint, "remotePort">): string[] {
  return addressesOf(endpoint).map((remoteAddr) => remoteOf({ ...endpoint, remoteAddr }));
}

/**
 * Tells whether a text is an address that a service can have.
 *
 * @param text Anything.
 * @returns `false` for a text that is not an IPv4 address, for 0.0.0.0/8 (RFC 1122), for multicast and all addresses
 * above (RFC 1112), and for the guest-facing address.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isDiallable } from "@one/tproxy";
 *
 * assert.equal(isDiallable("10.11.12.13"), true);
 * assert.equal(isDiallable("224.0.0.1"), false);
 * ```
 */
export function isDiallable(text: unknown): text is string {
  if (!isIpv4(text) || text === GUEST_ADDRESS) return false;
  const first = Number(text.split(".", 1)[0]);
  return first !== 0 && first < 224;
}

/**
 * Takes the endpoints out of bridges about which more is known.
 *
 * @param bridges The bridges.
 * @returns The endpoints of each bridge.
 */
export function endpointsByBridge<Bridge>(
  bridges: ReadonlyMap<Bridge, { readonly endpoints: readonly Endpoint[] }>,
): Map<Bridge, readonly Endpoint[]> {
  return new Map([...bridges].map(([bridge, { endpoints }]) => [bridge, endpoints]));
}
