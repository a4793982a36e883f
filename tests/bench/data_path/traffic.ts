/**
 * The kinds of traffic that take turns.
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
  /** What is told while it runs. */
  readonly label: string;
  /** The number of it that is told, the first that it gives. */
  readonly unit: string;
  /** Whether only those have it that have a neighbour: the rows about which there are targets, and no main ones. */
  readonly isDetail: boolean;
  /** Has it for some seconds. */
  measure(contender: Contender, seconds: number): Promise<Partial<Record<MetricId, number>>>;
}

/** All kinds. */
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

/** What one of many took. Nothing where none was counted: socat has processes of its own for iperf3's streams. */
function cost(id: MetricId, all: number | undefined, count: number): Partial<Record<MetricId, number>> {
  return all === undefined || all === 0 || count === 0 ? {} : { [id]: all / count };
}

/** Two iperf3, since one has at most 128 streams. */
async function askBesideFlood(
  { client, neighbour, address, ports }: Contender,
  seconds: number,
): Promise<Partial<Record<MetricId, number>>> {
  if (neighbour === undefined) return {};
  const url = `http://${address}:${ports.http}${SMALL_FILE}`;
  // The flood is there before the first request and after the last one.
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
