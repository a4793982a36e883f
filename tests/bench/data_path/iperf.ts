/**
 * Throughput, by iperf3.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";

/** What iperf3 found: what arrived, in Gbit/s, or why nothing did. */
export type IperfResult = { readonly gbits: number } | { readonly error: string };

/** So often the server may still be busy with the test before, whose end comes to it through the proxies. */
const ATTEMPTS = 20;

/**
 * Sends for some seconds.
 *
 * @param client Where iperf3 runs.
 * @param address Where its server is, or a proxy to it.
 * @param port The port there.
 * @param seconds For how long.
 * @param options What else iperf3 is told, for example `-R`.
 * @returns What arrived, in Gbit/s.
 */
export async function send(
  client: Host,
  address: string,
  port: number,
  seconds: number,
  ...options: string[]
): Promise<number> {
  const argv = ["iperf3", "-J", "-c", address, "-p", String(port), "-t", String(seconds), ...options];
  for (let attempt = 1;; attempt++) {
    const result = parseIperf((await client.run(argv)).stdout);
    if ("gbits" in result) return result.gbits;
    if (attempt === ATTEMPTS) throw new Error(`iperf3 to ${address}:${port} says: ${result.error}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Reads iperf3's JSON: what the receiver counted, since what a sender counts may still be in a buffer. */
export function parseIperf(json: string): IperfResult {
  const { error, end } = JSON.parse(json);
  if (error !== undefined) return { error };
  const bits = end?.sum_received?.bits_per_second;
  return typeof bits === "number" && bits > 0 ? { gbits: bits / 1e9 } : { error: "nothing arrived" };
}
