/**
 * The memory of a contender's processes.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import type { Kind } from "./metrics.ts";
import { readOfEach } from "./processes.ts";

/** Memory in MiB. */
export type Memory = Readonly<Record<Kind, number>>;

/** Adds up the memory of a host's processes whose command line matches. socat has one for each connection. */
export async function memoryOf(host: Host, commandLine: RegExp): Promise<Memory> {
  return parseRollups(await readOfEach(host, "smaps_rollup", commandLine));
}

/** Parses one or more `smaps_rollup`. */
export function parseRollups(text: string): Memory {
  return { rss: sumOf(text, "Rss"), pss: sumOf(text, "Pss") };
}

/** Adds up one field of one or more `smaps_rollup`. The kernel's kB are KiB. Returns MiB. */
export function sumOf(text: string, field: string): number {
  const lines = text.matchAll(new RegExp(`^${field}: +(\\d+) kB$`, "gm"));
  return lines.reduce((sum, [, kb]) => sum + Number(kb), 0) / 1024;
}
