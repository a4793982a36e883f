/**
 * How much one hypervisor, one bridge and one guest may take, and for how long anything is waited for. Pure: names,
 * defaults and ranges stand here once, for the configuration, for nft's comments and for the route files.
 *
 * @module
 */

/** What holds for all of a hypervisor's proxies. */
export interface Limits {
  /** How many streams outer carries at once. */
  readonly maxConnections: number;
  /** How many of them may be of one bridge. */
  readonly maxConnectionsPerBridge: number;
  /** How many of them may be of one guest. */
  readonly maxConnectionsPerGuest: number;
  /** How long a service may take to accept, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a stream may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long an inner proxy may take to say whom it brings, in milliseconds. */
  readonly headerTimeoutMs: number;
  /** How long live streams may go on after SIGTERM, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** How long they may go on in a proxy that has been replaced, in milliseconds. */
  readonly hardStopAfterMs: number;
}

/** What one endpoint has in place of, or on top of, what holds for all; what is missing is as for all. */
export interface EndpointOptions {
  /** How many streams it may have at once. */
  readonly maxConnections?: number;
  /** How many of them may be of one guest. */
  readonly maxConnectionsPerGuest?: number;
  /** How long it may take to accept, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How long a stream of it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** The header by which it wants to be told who the guest is; none unless set. */
  readonly proxyProtocol?: "v2";
  /** Whether guests without a route to the address reach it, too; they do unless it is `false`. */
  readonly redirect?: boolean;
}

/** A kind of number: how people write it, and what of it makes sense. */
interface Unit {
  /** The largest number that people may write; the smallest is 1. */
  readonly max: number;
  /** By what a number that people write is multiplied. */
  readonly factor: number;
  /** The range in words. */
  readonly expected: string;
}

const CONNECTIONS: Unit = { max: 1_000_000, factor: 1, expected: "a number of connections from 1 to 1000000" };
const SECONDS: Unit = { max: 86_400, factor: 1000, expected: "whole seconds from 1 to 86400" };
const LONG_SECONDS: Unit = { max: 604_800, factor: 1000, expected: "whole seconds from 1 to 604800" };

/** One limit. */
export interface Limit {
  /** Its word in an entry and in nft's comment; with `tproxy_` before it, its key for all of a hypervisor. */
  readonly word: string;
  /** Its kind. */
  readonly unit: Unit;
}

/** Every limit, in the order in which they are written. */
export const LIMITS: Readonly<Record<keyof Limits, Limit>> = {
  maxConnections: { word: "max_connections", unit: CONNECTIONS },
  maxConnectionsPerBridge: { word: "max_connections_per_bridge", unit: CONNECTIONS },
  maxConnectionsPerGuest: { word: "max_connections_per_guest", unit: CONNECTIONS },
  connectTimeoutMs: { word: "connect_timeout", unit: SECONDS },
  idleTimeoutMs: { word: "idle_timeout", unit: SECONDS },
  headerTimeoutMs: { word: "header_timeout", unit: SECONDS },
  drainTimeoutMs: { word: "drain_timeout", unit: SECONDS },
  hardStopAfterMs: { word: "hard_stop_after", unit: LONG_SECONDS },
};

/** What holds where the configuration says nothing. */
export const DEFAULT_LIMITS: Limits = {
  maxConnections: 8192,
  maxConnectionsPerBridge: 4096,
  maxConnectionsPerGuest: 1024,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 3_600_000,
  headerTimeoutMs: 5_000,
  drainTimeoutMs: 5_000,
  hardStopAfterMs: 86_400_000,
};

/** The names of all limits. */
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly (keyof Limits)[];

/** The names of those that an endpoint may have for itself. */
export const OPTION_NAMES = ["maxConnections", "maxConnectionsPerGuest", "connectTimeoutMs", "idleTimeoutMs"] as const;

/** The word for the option that names a header. */
export const PROXY_PROTOCOL = "proxy_protocol";

/** The word for the option that is yes or no; with `tproxy_` before it, its key for all of a hypervisor. */
export const REDIRECT = "redirect";

/**
 * Converts a number as people write it.
 *
 * @param name Which limit it is for.
 * @param written The number, in seconds for a timeout.
 * @returns The limit, in milliseconds for a timeout; `undefined` if it is out of range or no integer.
 */
export function toLimit(name: keyof Limits, written: unknown): number | undefined {
  const { max, factor } = LIMITS[name].unit;
  const isGood = typeof written === "number" && Number.isInteger(written) && written >= 1 && written <= max;
  return isGood ? written * factor : undefined;
}

/**
 * Tells whether a value can be a limit, as it is between the programs.
 *
 * WHY milliseconds need not be whole seconds here: a test of a timeout should not take one.
 *
 * @param name Which limit.
 * @param value Anything.
 * @returns `true` for an integer that is in range, in milliseconds for a timeout.
 */
export function isLimit(name: keyof Limits, value: unknown): value is number {
  const { max, factor } = LIMITS[name].unit;
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max * factor;
}
