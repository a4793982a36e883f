/**
 * The tables of the data path.
 *
 * @module
 */

import { align } from "../align.ts";
import { METRICS } from "./metrics.ts";
import type { Samples } from "./samples.ts";
import type { Verdict } from "./targets.ts";

/** Formats the medians of all contenders, and the ratio of the first contender's median to each other one. */
export function tableOfMedians(samples: Samples, [first = "", ...others]: readonly string[]): string {
  const head = ["median", "unit", first, ...others, ...others.map((other) => `÷ ${other}`)];
  const measured = METRICS.filter(({ id }) =>
    [first, ...others].some((name) => samples.median(id, name) !== undefined)
  );
  const body = measured.map(({ id, label, unit }) => [
    label,
    unit,
    ...[first, ...others].map((name) => format(samples.median(id, name))),
    ...others.map((other) => samples.ratio(id, first, other)?.toFixed(2) ?? ""),
  ]);
  return align([head, ...body], 2);
}

/** Formats the targets, and whether they are met. */
export function tableOfVerdicts(verdicts: readonly Verdict[]): string {
  const head = ["target", "wanted", "", "found"];
  const body = verdicts.map(({ what, wanted, found, met }) => [
    what,
    wanted,
    met ? "met" : "MISSED",
    found?.toFixed(3) ?? "nothing",
  ]);
  return align([head, ...body], 3);
}

/** Formats a number with three significant digits, and with all digits before the decimal point. */
export function format(value: number | undefined): string {
  if (value === undefined) return "";
  return value >= 100 ? value.toFixed(0) : value === 0 ? "0" : value.toPrecision(3);
}
