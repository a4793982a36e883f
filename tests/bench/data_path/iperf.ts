/**
 * Throughput, by iperf3.
 *
 * @module
 */

import type { Host } from "../../lab/host.ts";

/** What the receiver got. */
export interface Arrived {
  /** In Gbit/s. */
  readonly gbits: number;
  /** The sum, in 10⁹ bytes. */
  readonly gigabytes: number;
}

/** The result of iperf3, or why nothing arrived. */
export type IperfResult = Arrived | { readonly error: string };

/** How often to try. The server may still be busy: the end of the last test comes to it through the proxies. */
const ATTEMPTS = 20;

/**
 * Runs iperf3 for some seconds.
 *
 * @param client The host that iperf3 runs on.
 * @param address The address of its server, or of a proxy.
 * @param port The port there.
 * @param seconds For how long.
 * @param options More options of iperf3, for example `-R`.
 * @returns What the receiver got.
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

/** Parses iperf3's JSON. The receiver's count is taken: bytes that the sender counts may still be in a buffer. */
export function parseIperf(json: string): IperfResult {
  const { error, end } = JSON.parse(json);
  if (error !== undefined) return { error };
  const { bits_per_second: bits, bytes } = end?.sum_received ?? {};
  if (!(bits > 0) || !(bytes > 0)) return { error: "nothing arrived" };
  return { gbits: bits / 1e9, gigabytes: bytes / 1e9 };
}
