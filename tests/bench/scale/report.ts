/**
 * The results of the scale benchmark as tables.
 *
 * @module
 */

import { align } from "../align.ts";
import { format } from "../data_path/tables.ts";
import { median } from "../median.ts";
import { lineThrough, type Point } from "./line.ts";
import type { ScaleReport, Size } from "./scale.ts";
import { TASKS } from "./tasks.ts";

const ROWS: readonly [label: string, unit: string, value: (size: Size) => number][] = [
  ["setup up, one bridge", "ms", ({ setupUp }) => median(setupUp)],
  ...TASKS.flatMap((task): (typeof ROWS)[number][] =>
    (["wall", "cpu"] as const).map((kind) => {
      const valueOf = ({ times }: Size) => median((times[task] ?? []).map((timed) => timed[kind]));
      return [kind === "wall" ? task : `${task}: processor time`, "ms", valueOf];
    })
  ),
  ["watch, nothing to do", "% of a core", ({ watch }) => watch],
  ["memory of all proxies (PSS)", "MiB", ({ memory }) => memory.total],
  ...(["rss", "pss", "private"] as const).map((kind): (typeof ROWS)[number] => [
    `one inner, ${kind === "private" ? kind : kind.toUpperCase()}`,
    "MiB",
    ({ memory }) => memory.inner[kind],
  ]),
  ...(["rss", "pss", "private"] as const).map((kind): (typeof ROWS)[number] => [
    `outer, ${kind === "private" ? kind : kind.toUpperCase()}`,
    "MiB",
    ({ memory }) => memory.outer[kind],
  ]),
];

/** Renders the tables: each result at each number of bridges with the fitted line, and the processes. */
export function describeScale({ sizes, processes }: ScaleReport): string {
  const counts = sizes.map(({ bridges }) => bridges);
  const head = ["median at … bridges", "unit", ...counts.map(String), "fixed", "per bridge", "R²"];
  const body = ROWS.map(([label, unit, valueOf]) => {
    const points = sizes.map((size): Point => [size.bridges, valueOf(size)]);
    const values = points.map(([, value]) => format(value));
    const { fixed, slope, fit } = lineThrough(points);
    return [label, unit, ...values, fixed.toFixed(1), slope.toFixed(2), fit.toFixed(3)];
  });
  const started = Object.entries(processes).flatMap(([bridges, byTask]) =>
    TASKS.map((task) => {
      const programs = Object.entries(byTask[task] ?? {}).map(([name, count]) => `${count} ${name}`);
      return `${bridges} bridges, ${task}: ${programs.join(", ")}`;
    })
  );
  return `${align([head, ...body], 2)}\n\nprocesses beside tproxy itself\n\n${started.join("\n")}`;
}
