/**
 * The memory of all proxies of a hypervisor without connections.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";
import { processesOf, sumOf } from "../data_path/memory.ts";

/**
 * RSS counts shared pages in every process, PSS divides them among the processes, and private memory leaves them out.
 */
const FIELDS = {
  rss: ["Rss"],
  pss: ["Pss"],
  private: ["Private_Clean", "Private_Dirty"],
} as const;

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
  const inners = await processesOf(host, /^one_tproxy_/);
  const inner = await rollupsOf(host, inners);
  const outer = await rollupsOf(host, await processesOf(host, /^one_tproxy(?: |$)/));
  const mean = {
    rss: inner.rss / inners.length,
    pss: inner.pss / inners.length,
    private: inner.private / inners.length,
  };
  return { inner: mean, outer, total: inner.pss + outer.pss };
}

async function rollupsOf(host: Host, pids: readonly number[]): Promise<Memory> {
  const text = await host.text(["cat", ...pids.map((pid) => `/proc/${pid}/smaps_rollup`)]);
  const sum = (kind: keyof typeof FIELDS) => FIELDS[kind].reduce((sum, field) => sum + sumOf(text, field), 0);
  return { rss: sum("rss"), pss: sum("pss"), private: sum("private") };
}
