/**
 * The results of the benchmark as a table.
 *
 * @module
 */

import { align } from "../align.ts";
import { type Contender, OURS, type Task } from "./contenders.ts";
import type { Processes } from "./processes.ts";
import type { Timings } from "./timings.ts";

/** The timings of each contender's tasks. */
export type Results = ReadonlyMap<Contender, ReadonlyMap<Task, Timings>>;

/** The result of one contender for one task. */
export interface Row {
  readonly task: Task;
  readonly contender: string;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** How many times as long our contender took; missing if this one does not do the task. */
  readonly oursToThis?: number;
  /** The number of all processes, the contender's own included. */
  readonly processes: number;
  /** The rounds in order. */
  readonly roundsMs: readonly number[];
}

/** Groups the results by task, ours first. */
export function rowsOf(results: Results, processes: ReadonlyMap<Task, Processes>): Row[] {
  const rows = [...results].flatMap(([contender, timings]) =>
    [...timings].map(([task, { median, min, max, rounds }]): Row => {
      const counted = Object.values(processes.get(task) ?? {}).reduce((sum, count) => sum + count, 0);
      const commands = contender.name === OURS ? counted : contender.commands.get(task) ?? 0;
      const times = { medianMs: median, minMs: min, maxMs: max };
      return { task, contender: contender.name, ...times, processes: 1 + commands, roundsMs: rounds };
    })
  );
  const own = new Map(rows.filter(({ contender }) => contender === OURS).map((row) => [row.task, row.medianMs]));
  const compared = rows.map((row): Row => {
    const ours = own.get(row.task);
    return ours === undefined ? row : { ...row, oursToThis: ours / row.medianMs };
  });
  return [...new Set(rows.map(({ task }) => task))].flatMap((task) => compared.filter((row) => row.task === task));
}

/** Renders the table. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["task", "by", "median ms", "min", "max", "setup / this", "processes"];
  const body = rows.map((row) => [
    row.task,
    row.contender,
    ...[row.medianMs, row.minMs, row.maxMs].map((ms) => ms.toFixed(1)),
    row.oursToThis?.toFixed(2) ?? "",
    String(row.processes),
  ]);
  return align([head, ...body], 2);
}
