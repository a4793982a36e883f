/**
 * The targets: ratios of our proxies to other contenders, within one run.
 *
 * @module
 */

import { NAMES } from "./contender.ts";
import { FLOOD, HELD, MAIN, type MetricId, METRICS, SIDES, type WrkId } from "./metrics.ts";
import type { Samples } from "./samples.ts";

/** One target, and whether it is met. */
export interface Verdict {
  /** What is compared. */
  readonly what: string;
  /** The bound, for example `at least 1.1`. */
  readonly wanted: string;
  /** What was measured; `undefined` if it was not measured. */
  readonly found: number | undefined;
  /** Whether the target is met. */
  readonly met: boolean;
}

const { ours, haproxy, tuned } = NAMES;

/** Judges all targets. */
export function judge(samples: Samples): Verdict[] {
  /** The ratio to the better one of the two HAProxy contenders. */
  const most = (metric: MetricId) => ratioTo(metric, Math.max);
  const least = (metric: MetricId) => ratioTo(metric, Math.min);
  const ratioTo = (metric: MetricId, pick: (...ratios: number[]) => number) => {
    const ratios = [haproxy, tuned].map((other) => samples.ratio(metric, ours, other));
    const found = ratios.filter((value) => value !== undefined);
    return found.length === 0 ? undefined : pick(...found);
  };
  const toTuned = (metric: MetricId) => samples.ratio(metric, ours, tuned);
  const mib = (metric: MetricId) => samples.median(metric, ours);
  return [
    ...COSTS.map(([metric, limit]) => atMost(limit, `${labelOf(metric)} ÷ better haproxy`, most(metric))),
    atLeast(1, `kept-alive requests, ${MAIN} at once ÷ better haproxy`, least(`requests.${MAIN}.rate`)),
    atLeast(0.95, `new connections, ${MAIN} at once ÷ better haproxy`, least(`connections.${MAIN}.rate`)),
    atMost(1.3, `kept-alive requests, ${MAIN} at once, p99 ÷ better haproxy`, most(`requests.${MAIN}.p99`)),
    atMost(1.1, `new connections, ${MAIN} at once, p99 ÷ better haproxy`, most(`connections.${MAIN}.p99`)),
    atMost(1, `one stream up, processor time ÷ ${tuned}`, toTuned("up.cpu")),
    atMost(1, `one stream down, processor time ÷ ${tuned}`, toTuned("down.cpu")),
    atMost(0.75, `8 streams up, processor time ÷ ${tuned}`, toTuned("streams.cpu")),
    atMost(0.3, `a neighbour beside ${FLOOD} uploads, p99 ÷ better haproxy`, most("flood.p99")),
    ...SIDES.map((side) => atMost(36, `idle, ${side} RSS in MiB`, mib(`idle.${side}.rss`))),
    ...SIDES.map((side) => atMost(52, `${HELD} connections, ${side} RSS in MiB`, mib(`held.${side}.rss`))),
  ];
}

/** The wanted ratios of processor time, by the number of connections. */
const COSTS: readonly (readonly [WrkId, number])[] = [
  ["requests.1.cpu", 1.6],
  ["requests.4.cpu", 0.95],
  ["requests.32.cpu", 0.9],
  ["requests.256.cpu", 0.8],
  ["connections.1.cpu", 1.05],
  ["connections.4.cpu", 0.85],
  ["connections.32.cpu", 0.9],
  ["connections.256.cpu", 1.05],
];

function labelOf(metric: MetricId): string {
  return METRICS.find(({ id }) => id === metric)?.label ?? metric;
}

function atLeast(limit: number, what: string, found: number | undefined): Verdict {
  return { what, wanted: `at least ${limit}`, found, met: found !== undefined && found >= limit };
}

function atMost(limit: number, what: string, found: number | undefined): Verdict {
  return { what, wanted: `at most ${limit}`, found, met: found !== undefined && found <= limit };
}
