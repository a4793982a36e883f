/**
 * What is measured, in the order of the report.
 *
 * @module
 */

/** When memory is looked at: freshly started, with connections that do nothing, and after all the traffic. */
export const MOMENTS = ["idle", "held", "after"] as const;

/** The two processes of a string-phone proxy. */
export const SIDES = ["inner", "outer"] as const;

/** Resident memory, and resident memory with what is shared divided among those that share it. */
export const KINDS = ["rss", "pss"] as const;

/** How many connections are held open when memory is looked at under connections. */
export const HELD = 1000;

/** When memory is looked at. */
export type Moment = (typeof MOMENTS)[number];

/** One of the two processes. */
export type Side = (typeof SIDES)[number];

/** A way to count memory. */
export type Kind = (typeof KINDS)[number];

/** The identifier of one number about one process's memory. */
export type MemoryId = `${Moment}.${Side}.${Kind}`;

/** The identifier of one number about traffic over one kind of connections. */
export type WrkId = `${"requests" | "connections"}.${"rate" | "p50" | "p99" | "errors"}`;

/** What a number is about. */
export type MetricId = "down" | "up" | "streams" | WrkId | "start" | MemoryId;

/** One row of the report. */
export interface Metric {
  /** What it is called in the data. */
  readonly id: MetricId;
  /** What it is called in the report. */
  readonly label: string;
  /** What its numbers count. */
  readonly unit: string;
  /** Which numbers are good. */
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

const wrk = ([["requests", "kept-alive requests"], ["connections", "new connections"]] as const).flatMap((
  [name, label],
): Metric[] => [
  { id: `${name}.rate`, label, unit: "1/s", better: "more" },
  { id: `${name}.p50`, label: `${label}, p50`, unit: "ms", better: "less" },
  { id: `${name}.p99`, label: `${label}, p99`, unit: "ms", better: "less" },
  { id: `${name}.errors`, label: `${label}, failed`, unit: "", better: "less" },
]);

/** All rows. */
export const METRICS: readonly Metric[] = [
  { id: "down", label: "one stream down", unit: "Gbit/s", better: "more" },
  { id: "up", label: "one stream up", unit: "Gbit/s", better: "more" },
  { id: "streams", label: "8 streams up", unit: "Gbit/s", better: "more" },
  ...wrk,
  { id: "start", label: "start to first byte", unit: "ms", better: "less" },
  ...memory,
];
