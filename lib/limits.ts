/**
 * Limits on connections and timeouts: their names, defaults and ranges. The configuration, the comments in nft and the
 * route files all use this table. Pure.
 *
 * @module
 */

/** The limits of all proxies on a hypervisor. */
export interface Limits {
  /** How many streams outer carries at once. */
  readonly maxConnections: number;
  /** How many streams one bridge may have at once. */
  readonly maxConnectionsPerBridge: number;
  /** How many of them may be of one guest. */
  readonly maxConnectionsPerGuest: number;
  /** How many one guest may open a second, on average; 0 for any number. */
  readonly connectionRatePerGuest: number;
  /** How long a service may take to accept, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long a stream may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long an inner proxy may take to send its hello or its PROXY v2 header, in milliseconds. */
  readonly headerTimeoutMs: number;
  /** How long live streams may go on after SIGTERM, in milliseconds. */
  readonly drainTimeoutMs: number;
  /** How long live streams may go on in a proxy that has been replaced, in milliseconds. */
  readonly hardStopAfterMs: number;
}

/**
 * The options of one endpoint. They replace or extend the limits of the hypervisor; a missing option leaves the limit
 * as it is.
 */
export interface EndpointOptions {
  /** How many streams it may have at once. */
  readonly maxConnections?: number;
  /** How many of them may be of one guest. */
  readonly maxConnectionsPerGuest?: number;
  /** How long it may take to accept, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How long a stream of it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** The version of the PROXY header that the service expects; none by default. */
  readonly proxyProtocol?: "v2";
  /** Whether guests without a route to the address reach it; `true` by default. */
  readonly redirect?: boolean;
}

/** The value of a limit or an option. */
export type LimitValue = number | "v2" | boolean;

/** A kind of limit: how people write its values, and which values are valid. */
interface Unit {
  /** What people may write, for messages. */
  readonly expected: string;
  /** Reads a value as people write it, a timeout in seconds; `undefined` if it is not valid. */
  readonly read: (written: unknown) => LimitValue | undefined;
  /** Writes a value as people do. */
  readonly write: (value: LimitValue) => string;
  /** Tells whether a value in a file between the programs is valid, a timeout in milliseconds. */
  readonly holds: (value: unknown) => boolean;
}

function numbers(what: string, max: number, factor: number, min: 0 | 1 = 1): Unit {
  const isIn = (value: unknown, max: number): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
  return {
    expected: `${what} from ${min} to ${max}`,
    read: (written) => isIn(written, max) ? written * factor : undefined,
    // Rounded up, so that a written limit is never stricter than the real one.
    write: (value) => `${Math.ceil(Number(value) / factor)}`,
    // A timeout need not be whole seconds here, so that its tests can be shorter than one.
    holds: (value) => isIn(value, max * factor),
  };
}

const CONNECTIONS = numbers("a number of connections", 1_000_000, 1);
const RATE = numbers("a number of connections a second", 1_000_000, 1, 0);
const SECONDS = numbers("whole seconds", 86_400, 1000);
const LONG_SECONDS = numbers("whole seconds", 604_800, 1000);
const VERSION: Unit = {
  expected: "v2",
  read: (written) => written === "v2" ? written : undefined,
  write: String,
  holds: (value) => value === "v2",
};
const BOOLEAN: Unit = {
  expected: "true or false",
  read: (written) => typeof written === "boolean" ? written : undefined,
  write: (value) => value === true ? "yes" : "no",
  holds: (value) => typeof value === "boolean",
};

/** One limit. */
export interface Limit {
  /** Its name in an entry and in nft's comments. With `tproxy_` before it, it is the key for the whole hypervisor. */
  readonly word: string;
  /** Its kind. */
  readonly unit: Unit;
}

/** Every limit, in the order in which they are written. */
export const LIMITS: Readonly<Record<keyof Limits, Limit>> = {
  maxConnections: { word: "max_connections", unit: CONNECTIONS },
  maxConnectionsPerBridge: { word: "max_connections_per_bridge", unit: CONNECTIONS },
  maxConnectionsPerGuest: { word: "max_connections_per_guest", unit: CONNECTIONS },
  connectionRatePerGuest: { word: "connection_rate_per_guest", unit: RATE },
  connectTimeoutMs: { word: "connect_timeout", unit: SECONDS },
  idleTimeoutMs: { word: "idle_timeout", unit: SECONDS },
  headerTimeoutMs: { word: "header_timeout", unit: SECONDS },
  drainTimeoutMs: { word: "drain_timeout", unit: SECONDS },
  hardStopAfterMs: { word: "hard_stop_after", unit: LONG_SECONDS },
};

/** The limits that apply if the configuration sets none. */
export const DEFAULT_LIMITS: Limits = {
  maxConnections: 8192,
  maxConnectionsPerBridge: 4096,
  maxConnectionsPerGuest: 1024,
  connectionRatePerGuest: 0,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 3_600_000,
  headerTimeoutMs: 5_000,
  drainTimeoutMs: 5_000,
  hardStopAfterMs: 86_400_000,
};

/** The names of all limits. */
export const LIMIT_NAMES = Object.keys(LIMITS) as readonly (keyof Limits)[];

/** Every option of an endpoint, in the order in which they are written. */
export const OPTIONS: Readonly<Record<keyof EndpointOptions, Limit>> = {
  maxConnections: LIMITS.maxConnections,
  maxConnectionsPerGuest: LIMITS.maxConnectionsPerGuest,
  connectTimeoutMs: LIMITS.connectTimeoutMs,
  idleTimeoutMs: LIMITS.idleTimeoutMs,
  proxyProtocol: { word: "proxy_protocol", unit: VERSION },
  redirect: { word: "redirect", unit: BOOLEAN },
};

/** The names of all options. */
export const OPTION_NAMES = Object.keys(OPTIONS) as readonly (keyof EndpointOptions)[];
