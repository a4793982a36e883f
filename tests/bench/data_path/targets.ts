/**
 * What ours has to reach beside the others in the same run.
 *
 * @module
 */

import { NAMES } from "./contender.ts";
import { HELD, type MetricId } from "./metrics.ts";
import type { Samples } from "./samples.ts";

/** One target, and whether it is met. */
export interface Verdict {
  /** What is compared. */
  readonly what: string;
  /** What has to be reached, for example `at least 1.1`. */
  readonly wanted: string;
  /** What was found; nothing where it was not measured. */
  readonly found: number | undefined;
  /** Whether that is enough. */
  readonly met: boolean;
}

const { ours, haproxy, tuned } = NAMES;

/** Judges all targets. */
export function judge(samples: Samples): Verdict[] {
  const ratio = (metric: MetricId, other: string) => samples.ratio(metric, ours, other);
  /** The ratio to whichever of the two does better. */
  const ratioToBetter = (metric: MetricId, pick: (...ratios: number[]) => number) => {
    const ratios = [ratio(metric, haproxy), ratio(metric, tuned)].filter((value) => value !== undefined);
    return ratios.length === 0 ? undefined : pick(...ratios);
  };
  return [
    atLeast(1.7, `one stream down ÷ ${haproxy}`, ratio("down", haproxy)),
    atLeast(1.1, `one stream down ÷ ${tuned}`, ratio("down", tuned)),
    atLeast(1.7, `one stream up ÷ ${haproxy}`, ratio("up", haproxy)),
    atLeast(1.1, `one stream up ÷ ${tuned}`, ratio("up", tuned)),
    atLeast(1, `8 streams up ÷ ${tuned}`, ratio("streams", tuned)),
    atLeast(1.1, "kept-alive requests ÷ better haproxy", ratioToBetter("requests.rate", Math.min)),
    atMost(1, "kept-alive requests, p99 ÷ better haproxy", ratioToBetter("requests.p99", Math.max)),
    atLeast(1, "new connections ÷ better haproxy", ratioToBetter("connections.rate", Math.min)),
    atMost(1, "new connections, p99 ÷ better haproxy", ratioToBetter("connections.p99", Math.max)),
    atMost(13, "idle, inner PSS in MiB", samples.median("idle.inner.pss", ours)),
    atMost(60, `${HELD} connections, inner RSS in MiB`, samples.median("held.inner.rss", ours)),
    atMost(60, `${HELD} connections, outer RSS in MiB`, samples.median("held.outer.rss", ours)),
  ];
}

function atLeast(limit: number, what: string, found: number | undefined): Verdict {
  return { what, wanted: `at least ${limit}`, found, met: found !== undefined && found >= limit };
}

function atMost(limit: number, what: string, found: number | undefined): Verdict {
  return { what, wanted: `at most ${limit}`, found, met: found !== undefined && found <= limit };
}
