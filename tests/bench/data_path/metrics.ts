/**
 * The metrics, in the order of the report.
 *
 * @module
 */

/** When memory is measured: after the start, with idle connections, and after all traffic. */
const MOMENTS = ["idle", "held", "after"] as const;

/** The two processes of a string-phone proxy. */
export const SIDES = ["inner", "outer"] as const;

/** Resident memory (RSS), and RSS in which shared pages are divided among the processes that share them (PSS). */
export const KINDS = ["rss", "pss"] as const;

/** How many idle connections there are when memory is measured with connections. */
export const HELD = 1000;

/** When memory is measured. */
export type Moment = (typeof MOMENTS)[number];

/** One of the two processes. */
export type Side = (typeof SIDES)[number];

/** A way to count memory. */
export type Kind = (typeof KINDS)[number];

/** The ID of a metric about the memory of one process. */
export type MemoryId = `${Moment}.${Side}.${Kind}`;

/** The numbers of simultaneous connections that are measured. */
export const CONNECTIONS = [1, 4, 32, 256] as const;

/** The number of connections of the main rows. Every contender has these rows. */
export const MAIN = 32;

/** How many streams upload at once while a neighbour sends requests. */
export const FLOOD = 200;

/** The ID of a metric about requests, on kept-alive connections or on new ones. */
export type WrkId = `${"requests" | "connections"}.${(typeof CONNECTIONS)[number]}.${
  | "rate"
  | "p50"
  | "p99"
  | "errors"
  | "cpu"}`;

/** The ID of a metric about streams: their rate, or their processor time for each gigabyte. */
export type StreamId = `${"down" | "up" | "streams"}.${"rate" | "cpu"}`;

/** The ID of a metric. */
export type MetricId = StreamId | WrkId | "flood.p50" | "flood.p99" | "start" | MemoryId;

/** One row of the report. */
export interface Metric {
  /** Its ID. */
  readonly id: MetricId;
  /** Its name in the report. */
  readonly label: string;
  /** The unit of its numbers. */
  readonly unit: string;
  /** Whether more or less is better. */
  readonly better: "more" | "less";
}

const MOMENT_LABELS: Readonly<Record<Moment, string>> = {
  idle: "idle",
  held: `${HELD} connections`,
  after: "after all",
};

const memory = MOMENTS.flatMap((moment) =>
  KINDS.flatMap((kind) =>
    SIDES.map((side): Metric => ({
      id: `${moment}.${side}.${kind}`,
      label: `${MOMENT_LABELS[moment]}, ${side} ${kind.toUpperCase()}`,
      unit: "MiB",
      better: "less",
    }))
  )
);

const streams = ([["down", "one stream down"], ["up", "one stream up"], ["streams", "8 streams up"]] as const).flatMap(
  ([id, label]): Metric[] => [
    { id: `${id}.cpu`, label: `${label}, processor time`, unit: "ms/GB", better: "less" },
    { id: `${id}.rate`, label, unit: "Gbit/s", better: "more" },
  ],
);

const wrk = ([["requests", "kept-alive request"], ["connections", "new connection"]] as const).flatMap((
  [name, one],
): Metric[] =>
  CONNECTIONS.flatMap((count): Metric[] => {
    const at = `, ${count} at once`;
    return [
      { id: `${name}.${count}.cpu`, label: `${one}${at}, processor time`, unit: "µs", better: "less" },
      { id: `${name}.${count}.rate`, label: `${one}s${at}`, unit: "1/s", better: "more" },
      { id: `${name}.${count}.p50`, label: `${one}s${at}, p50`, unit: "ms", better: "less" },
      { id: `${name}.${count}.p99`, label: `${one}s${at}, p99`, unit: "ms", better: "less" },
      { id: `${name}.${count}.errors`, label: `${one}s${at}, failed`, unit: "", better: "less" },
    ];
  })
);

const flood = (["p50", "p99"] as const).map((percentile): Metric => ({
  id: `flood.${percentile}`,
  label: `a neighbour's request beside ${FLOOD} uploads, ${percentile}`,
  unit: "ms",
  better: "less",
}));

/** All rows. */
export const METRICS: readonly Metric[] = [
  ...wrk,
  ...streams,
  ...flood,
  { id: "start", label: "start to first byte", unit: "ms", better: "less" },
  ...memory,
];
