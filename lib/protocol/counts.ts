/**
 * What a daemon counts, and how it writes that for those who look at it. A compromised daemon may write anything, so a
 * reader checks every number and drops every label that it does not know (`lib/daemon/counts.ts`).
 *
 * @module
 */

import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";

/** The limits by which a stream can be refused, by their names in the configuration. */
export const REFUSING_LIMITS = [
  "tproxy_max_connections",
  "tproxy_max_connections_per_bridge",
  "tproxy_max_connections_per_guest",
  "tproxy_connection_rate_per_guest",
  "max_connections",
  "max_connections_per_guest",
] as const;

/** A limit by which a stream can be refused. */
export type RefusingLimit = typeof REFUSING_LIMITS[number];

/**
 * The upper bounds of the histogram of connect times, in seconds. A lost SYN is sent again after 1 and after 3 seconds, so
 * its effect is seen between these. The default connect timeout is the last one.
 */
export const CONNECT_BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 3, 10] as const;

/** How many services a daemon writes counts of at most. */
export const MOST_SERVICES = 8_192;

/** How many remotes that do not answer a daemon names at most. */
export const MOST_UNANSWERED = 100;

/** The counts of a daemon since its start. */
export interface Counts {
  /** The ports or bridges that it listens on. */
  readonly listening: readonly (number | string)[];
  /** Streams that are open now. */
  readonly live: number;
  /** Streams that it has accepted. */
  readonly total: number;
  /** Streams that it could not connect to the other side. */
  readonly failed: number;
  /** Streams that it has refused because of a limit. */
  readonly refused: number;
  /** Bytes from guests. */
  readonly up: number;
  /** Bytes to guests. */
  readonly down: number;
  /** Addresses of services with several that did not answer when they were tried last; missing if there are none. */
  readonly unanswered?: readonly string[];
  /** The latest failure. */
  readonly lastError?: { readonly time: string; readonly message: string };
  /** The same by service, for services that had a stream; missing from a daemon of a former version. */
  readonly services?: readonly ServiceCounts[];
}

/** The counts of one service of one bridge. */
export interface ServiceCounts {
  /** The bridge; missing for an inner proxy, which has one only. */
  readonly bridge?: string;
  /** The service port; 0 for streams that were refused before the port was known. */
  readonly port: number;
  /** Streams that are open now. */
  readonly live: number;
  /** Streams that were accepted. */
  readonly total: number;
  /** Streams that outer could not connect to the service, or inner could not pass on to outer. */
  readonly failed: number;
  /** Bytes from guests. */
  readonly up: number;
  /** Bytes to guests. */
  readonly down: number;
  /** Streams that were refused, by limit. */
  readonly refused: Readonly<Partial<Record<RefusingLimit, number>>>;
  /** How many connects to the service took up to each of {@linkcode CONNECT_BOUNDS} and no less, and longer ones. */
  readonly connects: readonly number[];
  /** How long all connects took together, in seconds. */
  readonly connectSeconds: number;
}

/**
 * Parses the counts of services.
 *
 * @param value What a daemon has written.
 * @returns The counts, with the members and limits that are known; `undefined` if a member is not what it has to be.
 */
export function parseServices(value: unknown): ServiceCounts[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_SERVICES) return undefined;
  const services = value.map(parseService);
  return services.includes(undefined) ? undefined : services as ServiceCounts[];
}

function parseService(value: unknown): ServiceCounts | undefined {
  if (!isObject(value)) return undefined;
  const { bridge, port, live, total, failed, up, down, refused, connects, connectSeconds } = value;
  if (bridge !== undefined && typeof bridge !== "string") return undefined;
  if (!isCount(port) || !isCount(live) || !isCount(total) || !isCount(failed) || !isCount(up) || !isCount(down)) {
    return undefined;
  }
  if (!isObject(refused) || !Array.isArray(connects) || connects.length !== CONNECT_BOUNDS.length + 1) return undefined;
  if (!connects.every(isCount)) return undefined;
  if (typeof connectSeconds !== "number" || !Number.isFinite(connectSeconds) || connectSeconds < 0) return undefined;
  const known = REFUSING_LIMITS.filter((limit) => Object.hasOwn(refused, limit))
    .map((limit) => [limit, refused[limit]] as const);
  if (!known.every(([, count]) => isCount(count))) return undefined;
  const counts = { port, live, total, failed, up, down, refused: Object.fromEntries(known), connects, connectSeconds };
  return bridge === undefined ? counts : { bridge, ...counts };
}
