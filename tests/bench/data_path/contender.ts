/**
 * A contender: a way from a guest to a service, with or without proxies.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import type { Side } from "./metrics.ts";

/** The names of the contenders that the targets compare. */
export const NAMES = {
  ours: "ours",
  haproxy: "haproxy",
  tuned: "haproxy 256k",
  single: "haproxy, one process",
  socat: "socat",
  direct: "no proxy",
} as const;

/** The ports of a contender. No other contender has them, so that all can run at the same time. */
export interface Ports {
  /** The port that leads to nginx. */
  readonly http: number;
  /** The port that leads to this contender's iperf3, which listens on a port of the same number. */
  readonly iperf: number;
  /** The port that leads to this contender's second iperf3. One iperf3 has at most 128 streams. */
  readonly flood: number;
}

/** The processes of a contender that has proxies. */
export interface Proxies {
  /** The hypervisor that they run on. */
  readonly host: Host;
  /** Match the command lines of the processes that relay HTTP. If one process does all of it, it is both halves. */
  readonly commandLines: Readonly<Record<Side, RegExp>>;
  /** Starts the processes. It does not wait until they are ready. */
  start(): Promise<void>;
  /** Ends the processes, and waits until they have ended. */
  stop(): Promise<void>;
}

/** A way from a guest to the services. */
export interface Contender {
  /** Its name in the report. */
  readonly name: string;
  /** Where the traffic comes from. */
  readonly client: Host;
  /** The guest that sends requests while the client floods; missing if only the main rows are measured. */
  readonly neighbour?: Host;
  /** Where the traffic goes to. */
  readonly address: string;
  /** The ports there. */
  readonly ports: Ports;
  /** The proxies in between, if there are any. */
  readonly proxies?: Proxies;
}
