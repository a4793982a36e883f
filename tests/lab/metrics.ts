/**
 * Metrics as a test reads them.
 *
 * @module
 */

import type { Hypervisor } from "./hypervisor.ts";

/** The labels of the one service of the usual topology. */
export const GATE_LABELS = 'bridge="br0",service_port="5030",network="vnet0"';

/** Reads what `tproxy metrics` prints: the values by name and labels, without `one_tproxy_`. */
export async function metricsOf(hv: Hypervisor): Promise<Map<string, number>> {
  const { code, stdout, stderr } = await hv.tproxy("metrics");
  if (code !== 0) throw new Error(stderr);
  return readMetrics(stdout);
}

/** Reads metrics in either form. */
export function readMetrics(text: string): Map<string, number> {
  const lines = text.trimEnd().split("\n").filter((line) => !line.startsWith("#"));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice("one_tproxy_".length, at), Number(line.slice(at + 1))];
  }));
}
