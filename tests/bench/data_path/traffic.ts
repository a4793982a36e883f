/**
 * The kinds of traffic that take turns.
 *
 * @module
 */

import type { Contender } from "./contender.ts";
import { send } from "./iperf.ts";
import type { MetricId } from "./metrics.ts";
import { SMALL_FILE } from "./services.ts";
import { ask } from "./wrk.ts";

/** One kind of traffic. */
export interface Traffic {
  /** What is told while it runs. */
  readonly label: string;
  /** The number of it that is told, the first that it gives. */
  readonly unit: string;
  /** Has it for some seconds. */
  measure(contender: Contender, seconds: number): Promise<Partial<Record<MetricId, number>>>;
}

/** All kinds. */
export const TRAFFIC: readonly Traffic[] = [
  stream("down", "one stream down", "-R"),
  stream("up", "one stream up"),
  stream("streams", "8 streams up", "-P", "8"),
  requests("requests", "kept-alive requests"),
  requests("connections", "new connections", "-H", "Connection: close"),
];

function stream(id: "down" | "up" | "streams", label: string, ...options: string[]): Traffic {
  return {
    label,
    unit: "Gbit/s",
    measure: async ({ client, address, ports }, seconds) => ({
      [id]: await send(client, address, ports.iperf, seconds, ...options),
    }),
  };
}

function requests(id: "requests" | "connections", label: string, ...options: string[]): Traffic {
  return {
    label,
    unit: "/s",
    measure: async ({ client, address, ports }, seconds) => {
      const found = await ask(client, `http://${address}:${ports.http}${SMALL_FILE}`, seconds, ...options);
      return {
        [`${id}.rate`]: found.rate,
        [`${id}.p50`]: found.p50,
        [`${id}.p99`]: found.p99,
        [`${id}.errors`]: found.errors,
      };
    },
  };
}
