/**
 * The kinds of traffic.
 *
 * @module
 */

import type { Contender } from "./contender.ts";
import { send } from "./iperf.ts";
import { CONNECTIONS, FLOOD, MAIN, type MetricId } from "./metrics.ts";
import { withProcessorTime } from "./processor_time.ts";
import { SMALL_FILE } from "./services.ts";
import { ask } from "./wrk.ts";

/** One kind of traffic. */
export interface Traffic {
  /** Its name in the progress messages. */
  readonly label: string;
  /** The unit of its first number, which the progress messages show. */
  readonly unit: string;
  /** Whether only contenders with a neighbour are measured. These rows have targets, but are no main rows. */
  readonly isDetail: boolean;
  /** Makes the traffic for some seconds, and measures it. */
  measure(contender: Contender, seconds: number): Promise<Partial<Record<MetricId, number>>>;
}

/** All kinds of traffic. */
export const TRAFFIC: readonly Traffic[] = [
  stream("down", "one stream down", "-R"),
  stream("up", "one stream up"),
  stream("streams", "8 streams up", "-P", "8"),
  ...CONNECTIONS.flatMap((count) => [
    requests("requests", count, "kept-alive requests"),
    requests("connections", count, "new connections", "-H", "Connection: close"),
  ]),
  { label: `a neighbour beside ${FLOOD} uploads`, unit: "ms", isDetail: true, measure: askBesideFlood },
];

function stream(id: "down" | "up" | "streams", label: string, ...options: string[]): Traffic {
  return {
    label,
    unit: "Gbit/s",
    isDetail: false,
    measure: async (contender, seconds) => {
      const { client, address, ports } = contender;
      const { result: { gbits, gigabytes }, ms } = await withProcessorTime(
        contender,
        () => send(client, address, ports.iperf, seconds, ...options),
      );
      return { [`${id}.rate`]: gbits, ...cost(`${id}.cpu`, ms, gigabytes) };
    },
  };
}

function requests(
  id: "requests" | "connections",
  count: (typeof CONNECTIONS)[number],
  label: string,
  ...options: string[]
): Traffic {
  return {
    label: `${label}, ${count} at once`,
    unit: "/s",
    isDetail: count !== MAIN,
    measure: async (contender, seconds) => {
      const { client, address, ports } = contender;
      const url = `http://${address}:${ports.http}${SMALL_FILE}`;
      const { result, ms } = await withProcessorTime(contender, () => ask(client, url, seconds, count, ...options));
      const { rate, p50, p99, errors } = result;
      const of = `${id}.${count}` as const;
      return {
        [`${of}.rate`]: rate,
        [`${of}.p50`]: p50,
        [`${of}.p99`]: p99,
        [`${of}.errors`]: errors,
        ...cost(`${of}.cpu`, ms === undefined ? undefined : ms * 1000, result.count),
      };
    },
  };
}

/** The cost of one of many; empty if none was counted. socat serves the streams of iperf3 with other processes. */
function cost(id: MetricId, all: number | undefined, count: number): Partial<Record<MetricId, number>> {
  return all === undefined || all === 0 || count === 0 ? {} : { [id]: all / count };
}

/** Measures the requests of a neighbour. The flood comes from two iperf3, since one has at most 128 streams. */
async function askBesideFlood(
  { client, neighbour, address, ports }: Contender,
  seconds: number,
): Promise<Partial<Record<MetricId, number>>> {
  if (neighbour === undefined) return {};
  const url = `http://${address}:${ports.http}${SMALL_FILE}`;
  // The flood begins before the first request and ends after the last one.
  const floods = [ports.iperf, ports.flood].map((port) =>
    send(client, address, port, seconds + 2, "-P", String(FLOOD / 2))
  );
  const asking = (async () => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return await ask(neighbour, url, seconds, 1);
  })();
  const [{ p50, p99 }] = await Promise.all([asking, ...floods]);
  return { "flood.p99": p99, "flood.p50": p50 };
}
