/**
 * Metrics as text. Pure.
 *
 * WHY two forms: OpenMetrics calls a counter in its TYPE line by its name without `_total`, and ends in `# EOF`. The
 * older text format of Prometheus (0.0.4), which is all that node_exporter's textfile collector reads, calls it by its
 * whole name. In a text that both could read, counters would have no type.
 *
 * @module
 */

import { printable } from "../config/config.ts";
import { TPROXY } from "../names.ts";

/** Which form a text has: OpenMetrics 1.0, or Prometheus's text format 0.0.4. */
export type MetricsForm = "openmetrics" | "prometheus";

/** The labels of a sample. A label that is `undefined` is left out. */
export type Labels = Readonly<Record<string, string | number | undefined>>;

/** One value. */
export interface Sample {
  /** What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string;
  /** Its labels, in the order in which they are written. */
  readonly labels?: Labels;
  /** The value. */
  readonly value: number;
}

/** All values of one name. */
export interface Family {
  /** The name, without `one_tproxy_` and without the `_total` of a counter. */
  readonly name: string;
  /** What it is. */
  readonly type: "counter" | "gauge" | "histogram";
  /** What it says, for people: a line. */
  readonly help: string;
  /** The values. */
  readonly samples: readonly Sample[];
}

/** How long a label may be, in UTF-16 units. The longest are names of networks. */
const LONGEST_LABEL = 128;

/**
 * Renders metrics.
 *
 * @param families The metrics. Families without samples are left out.
 * @param form Which form.
 * @returns The text, with a newline at its end.
 */
export function renderMetrics(families: readonly Family[], form: MetricsForm): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap(({ name, type, help, samples }) => {
    const total = type === "counter" ? "_total" : "";
    const family = `${TPROXY}_${name}${form === "prometheus" ? total : ""}`;
    return [
      `# HELP ${family} ${help}`,
      `# TYPE ${family} ${type}`,
      ...samples.map(({ suffix = total, labels = {}, value }) =>
        `${TPROXY}_${name}${suffix}${renderLabels(labels)} ${value}`
      ),
    ];
  });
  return [...lines, ...(form === "openmetrics" ? ["# EOF"] : []), ""].join("\n");
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${escape(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Makes any text one that can be a label. People choose the names of networks. */
function escape(text: string): string {
  return printable(text.slice(0, LONGEST_LABEL).toWellFormed()).replaceAll(/[\\"]/g, "\\$&");
}
