/**
 * The memory of all proxies of a hypervisor without connections.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import { sumOf } from "../data_path/memory.ts";
import { processesOf, readOfEach } from "../data_path/processes.ts";

/**
 * RSS counts shared pages in every process, PSS divides them among the processes, and private memory leaves them out.
 */
const FIELDS = {
  rss: ["Rss"],
  pss: ["Pss"],
  private: ["Private_Clean", "Private_Dirty"],
} as const;

const INNER = /^one_tproxy_/;
const OUTER = /^one_tproxy(?: |$)/;

/** Memory in MiB. */
export type Memory = Readonly<Record<keyof typeof FIELDS, number>>;

/** The memory of a hypervisor's proxies. */
export interface ProxyMemory {
  /** The mean of the inner proxies. */
  readonly inner: Memory;
  /** The outer proxy. */
  readonly outer: Memory;
  /** The proportional memory of all proxies, which the hypervisor needs for them. */
  readonly total: number;
}

/** Measures the memory of a hypervisor's proxies. */
export async function memoryOfProxies(host: Host): Promise<ProxyMemory> {
  const count = (await processesOf(host, INNER)).length;
  const inner = await rollupsOf(host, INNER);
  const outer = await rollupsOf(host, OUTER);
  const mean = { rss: inner.rss / count, pss: inner.pss / count, private: inner.private / count };
  return { inner: mean, outer, total: inner.pss + outer.pss };
}

async function rollupsOf(host: Host, commandLine: RegExp): Promise<Memory> {
  const text = await readOfEach(host, "smaps_rollup", commandLine);
  const sum = (kind: keyof typeof FIELDS) => FIELDS[kind].reduce((sum, field) => sum + sumOf(text, field), 0);
  return { rss: sum("rss"), pss: sum("pss"), private: sum("private") };
}
