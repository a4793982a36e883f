/**
 * What is inside a panel of the dashboard's picture. Pure.
 *
 * @module
 */

import { escape } from "../../packaging/pictures/svg.ts";
import type { Panel, Range, Series } from "./dashboard.ts";

const LEGEND_LINE = 15;
const LEGEND_LINES = 4;
/** The width of a character, at the most; and of what is beside a name in the legend. */
const CHARACTER = 6.2;
const KEY = 32;
/** How many colours the style has. */
const COLOURS = 8;

/** How large a panel is, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Draws the last value of each series. */
export function drawStat(panel: Panel, series: readonly Series[], { width, height }: Size): string[] {
  const { unit, thresholds } = panel.fieldConfig.defaults;
  return series.flatMap(({ name, points }, i) => {
    const value = points.at(-1)?.[1] ?? NaN;
    const colour = thresholds?.steps.findLast((step) => step.value === null || value >= step.value)?.color ?? "";
    const middle = width * (i + 0.5) / series.length;
    const number = textAt(middle, height / 2 + 18, format(value, unit), `number ${colour}`);
    return [number, textAt(middle, height - 10, name, "middle")];
  });
}

/** Draws all series over time, with a legend of those that are not at 0 all the time, the highest first. */
export function drawLines(panel: Panel, series: readonly Series[], { width, height }: Size, range: Range): string[] {
  const { unit } = panel.fieldConfig.defaults;
  const peaks = new Map(series.map((one) => [one, Math.max(...one.points.map(([, value]) => value))]));
  const sorted = series.toSorted((a, b) => (peaks.get(b) ?? 0) - (peaks.get(a) ?? 0));
  const columns = Math.max(
    1,
    Math.floor(width / (KEY + CHARACTER * Math.max(...series.map(({ name }) => name.length)))),
  );
  const shown = sorted.filter((one) => peaks.get(one) !== 0);
  const room = columns * LEGEND_LINES;
  const legend = sorted.slice(0, shown.length < room ? Math.max(1, shown.length) : room - 1);
  const plot = {
    left: 62,
    right: width - 14,
    top: 30,
    bottom: height - 28 - LEGEND_LINE * Math.ceil(Math.min(sorted.length, legend.length + 1) / columns),
  };
  const highest = ceiling(Math.max(...peaks.values()));
  const xOf = (time: number) =>
    round(plot.left + (plot.right - plot.left) * (time - range.start) / (range.end - range.start));
  const yOf = (value: number) => round(plot.bottom - (plot.bottom - plot.top) * value / highest);
  const grid = [0, highest / 2, highest].flatMap((value) => [
    `<path class="grid" d="M${plot.left} ${yOf(value)}H${plot.right}"/>`,
    textAt(plot.left - 6, yOf(value) + 4, format(value, unit), "end"),
  ]);
  const last = range.end - range.start;
  const times = [0, last / 2, last].map((after) =>
    textAt(xOf(range.start + after), plot.bottom + 14, `${Math.round(after)} s`, after === last ? "end" : "middle")
  );
  const lines = sorted.map(({ points }, i) => {
    const path = points.map(([time, value], at) => {
      const before = points[at - 1]?.[0] ?? -Infinity;
      return `${time - before > 1.5 * range.step ? "M" : "L"}${xOf(time)} ${yOf(value)}`;
    });
    return `<path class="line c${i % COLOURS}" d="${path.join("")}"/>`;
  }).toReversed();
  const place = (i: number) => ({
    x: 12 + (i % columns) * (width - 16) / columns,
    y: plot.bottom + 31 + LEGEND_LINE * Math.floor(i / columns),
  });
  const keys = legend.flatMap(({ name }, i) => {
    const { x, y } = place(i);
    return [
      `<rect class="key c${i % COLOURS}" x="${x}" y="${y - 5}" width="10" height="3"/>`,
      textAt(x + 15, y, name, ""),
    ];
  });
  const { x, y } = place(legend.length);
  const rest = sorted.slice(legend.length);
  const more = legend.length < shown.length ? "more" : "more, at 0";
  return [
    ...grid,
    ...times,
    ...lines,
    ...keys,
    ...(rest.length > 0 ? [textAt(x + 15, y, `${rest.length} ${more}`, "")] : []),
  ];
}

/** The next of 1, 2 and 5 times a power of ten. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((factor) => factor * power >= value) ?? 10);
}

function format(value: number, unit: string): string {
  const short = (number: number) => String(Number(number.toPrecision(3)));
  if (unit === "s") return value > 0 && value < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
  const rate = { Bps: " B/s", cps: "/s", pps: "/s" }[unit] ?? "";
  if (unit === "Bps" && value >= 1e6) return `${short(value / 1e6)} MB/s`;
  return unit === "Bps" && value >= 1000 ? `${short(value / 1000)} kB/s` : `${short(value)}${rate}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Writes a text; the style is a class. */
export function textAt(x: number, y: number, content: string, style: string): string {
  return `<text x="${round(x)}" y="${round(y)}"${style === "" ? "" : ` class="${style.trim()}"`}>${
    escape(content)
  }</text>`;
}
