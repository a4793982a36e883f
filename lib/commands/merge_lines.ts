/**
 * Merging logs in the order of time. Pure.
 *
 * @module
 */

import type { LogLine } from "./log_line.ts";

/**
 * Merges lines. Only one line of each log is in memory.
 *
 * @param logs The lines of each log, in the order in which they were written. Lines of one log stay in that order.
 * @returns The lines of all of them. Of two with the same time, the one of the earlier log comes first.
 */
export async function* mergeLines(
  logs: readonly (Iterable<LogLine> | AsyncIterable<LogLine>)[],
): AsyncGenerator<LogLine> {
  const heads: { readonly line: LogLine; readonly next: AsyncIterator<LogLine> | Iterator<LogLine> }[] = [];
  const advance = async (at: number, next: AsyncIterator<LogLine> | Iterator<LogLine>, isNew: boolean) => {
    const { value, done } = await next.next();
    if (done !== true) heads.splice(at, isNew ? 0 : 1, { line: value, next });
    else if (!isNew) heads.splice(at, 1);
  };
  for (const log of logs) {
    const next = Symbol.asyncIterator in log ? log[Symbol.asyncIterator]() : log[Symbol.iterator]();
    await advance(heads.length, next, true);
  }
  while (heads.length > 0) {
    let first = 0;
    for (const [i, { line }] of heads.entries()) if (line.time < (heads[first]?.line.time ?? 0)) first = i;
    const head = heads[first];
    if (head === undefined) return;
    yield head.line;
    await advance(first, head.next, false);
  }
}
