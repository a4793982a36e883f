/**
 * The numbers that were measured.
 *
 * @module
 */

import { median } from "../median.ts";
import type { MetricId } from "./metrics.ts";

/** The numbers of each metric and each contender, in the order of the rounds. */
export class Samples {
  readonly #values = new Map<MetricId, Map<string, number[]>>();

  /** Adds a number. */
  add(metric: MetricId, contender: string, value: number): void {
    const byContender = this.#values.get(metric) ?? new Map<string, number[]>();
    this.#values.set(metric, byContender);
    byContender.set(contender, [...byContender.get(contender) ?? [], value]);
  }

  /** The median of a contender's numbers; `undefined` if it has none. */
  median(metric: MetricId, contender: string): number | undefined {
    const values = this.#values.get(metric)?.get(contender);
    return values === undefined ? undefined : median(values);
  }

  /** The ratio of two contenders' medians; `undefined` if one has none, or the divisor is 0. */
  ratio(metric: MetricId, contender: string, other: string): number | undefined {
    const [one, two] = [this.median(metric, contender), this.median(metric, other)];
    return one === undefined || two === undefined || two === 0 ? undefined : one / two;
  }

  /** Every number, by metric and contender. */
  toJSON(): Record<string, Record<string, readonly number[]>> {
    return Object.fromEntries([...this.#values].map(([metric, values]) => [metric, Object.fromEntries(values)]));
  }
}
