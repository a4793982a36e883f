/**
 * The proxies' logs, those that were rotated included.
 *
 * @module
 */

import { BRIDGE_NAME, type BridgeName } from "../names.ts";
import { LOG_DIR } from "../paths.ts";
import { innerOf, OUTER } from "../role.ts";
import { numberOf } from "../daemon/owner.ts";
import type { LogFile } from "./log_tail.ts";

/** The files of one log. */
export interface LogFiles {
  /** The one that is written now. */
  readonly current: LogFile;
  /** Those that logrotate has put aside, the oldest first; the name of a compressed one ends in `.gz`. */
  readonly rotated: readonly LogFile[];
}

/**
 * Finds the logs among the names in `/var/log`.
 *
 * @param names The names.
 * @param only The only bridge that counts besides outer; all if it is missing.
 * @returns Outer's first, then those of the bridges by name.
 */
export function findLogs(names: readonly string[], only?: BridgeName): LogFiles[] {
  const found = new Map<string, { bridge: BridgeName | undefined; rotated: [number, string][] }>();
  for (const name of names) {
    const match = /^one_tproxy(?:_(.+?))?\.log(?:\.(\d{1,3})(?:\.gz)?)?$/.exec(name);
    if (match === null) continue;
    const [, bridge, number] = match;
    if (bridge !== undefined && (!BRIDGE_NAME.test(bridge) || only !== undefined && bridge !== only)) continue;
    const log = found.get(bridge ?? "") ?? { bridge: bridge as BridgeName | undefined, rotated: [] };
    if (number !== undefined) log.rotated.push([Number(number), name]);
    found.set(bridge ?? "", log);
  }
  return [...found].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, { bridge, rotated }]) => {
    const role = bridge === undefined ? OUTER : innerOf(bridge);
    const file = (path: string): LogFile => ({ path, bridge, user: numberOf(role) });
    const oldestFirst = rotated.toSorted(([a], [b]) => b - a);
    return { current: file(role.log), rotated: oldestFirst.map(([, name]) => file(`${LOG_DIR}/${name}`)) };
  });
}

/**
 * Lists the logs.
 *
 * @param only The only bridge that counts besides outer; all if it is missing.
 * @returns As {@linkcode findLogs}.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/var/log`.
 */
export async function listLogs(only?: BridgeName): Promise<LogFiles[]> {
  const entries = await Array.fromAsync(Deno.readDir(LOG_DIR));
  return findLogs(entries.map(({ name }) => name), only);
}
