/**
 * What the benchmark knows about a way from a guest to a service.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import type { Side } from "./metrics.ts";

/** The names of those that the targets are about. */
export const NAMES = {
  ours: "ours",
  haproxy: "haproxy",
  tuned: "haproxy 256k",
  single: "haproxy, one process",
  socat: "socat",
  direct: "no proxy",
} as const;

/** The ports that a contender has to itself, so that all of them can be there at once. */
export interface Ports {
  /** The one that leads to nginx. */
  readonly http: number;
  /** The one that leads to this contender's iperf3, which listens on the same number. */
  readonly iperf: number;
  /** The one that leads to another iperf3 of this contender's, for more streams than one can have. */
  readonly flood: number;
}

/** The processes of a contender that has some. */
export interface Proxies {
  /** The hypervisor they run on. */
  readonly host: Host;
  /** How the command lines of those look that pass HTTP on; one that does all of it is both halves. */
  readonly commandLines: Readonly<Record<Side, RegExp>>;
  /** Starts them; they need not be ready yet. */
  start(): Promise<void>;
  /** Ends them, and waits for it. */
  stop(): Promise<void>;
}

/** A way from a guest to the services. */
export interface Contender {
  /** What it is called in the report. */
  readonly name: string;
  /** Where the traffic comes from. */
  readonly client: Host;
  /** Who asks while the client floods; nobody where only the main rows are measured. */
  readonly neighbour?: Host;
  /** Where the traffic goes to. */
  readonly address: string;
  /** The ports there. */
  readonly ports: Ports;
  /** What is in between, if anything is. */
  readonly proxies?: Proxies;
}
