/**
 * Throughput, by iperf3.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";

/** What arrived. */
export interface Arrived {
  /** In Gbit/s. */
  readonly gbits: number;
  /** All of it, in 10⁹ bytes. */
  readonly gigabytes: number;
}

/** What iperf3 found, or why nothing arrived. */
export type IperfResult = Arrived | { readonly error: string };

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
 * @returns What arrived.
 */
export async function send(
  client: Host,
  address: string,
  port: number,
  seconds: number,
  ...options: string[]
): Promise<Arrived> {
  const argv = ["iperf3", "-J", "-c", address, "-p", String(port), "-t", String(seconds), ...options];
  for (let attempt = 1;; attempt++) {
    const result = parseIperf((await client.run(argv)).stdout);
    if ("gbits" in result) return result;
    if (attempt === ATTEMPTS) throw new Error(`iperf3 to ${address}:${port} says: ${result.error}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Reads iperf3's JSON: what the receiver counted, since what a sender counts may still be in a buffer. */
export function parseIperf(json: string): IperfResult {
  const { error, end } = JSON.parse(json);
  if (error !== undefined) return { error };
  const { bits_per_second: bits, bytes } = end?.sum_received ?? {};
  if (!(bits > 0) || !(bytes > 0)) return { error: "nothing arrived" };
  return { gbits: bits / 1e9, gigabytes: bytes / 1e9 };
}
