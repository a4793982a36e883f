/**
 * What the hypervisor knows of one guest: its MAC address by the neighbour table of the bridge's namespace, and its
 * port by the bridge's forwarding database.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import type { BridgeNames } from "../names_of.ts";
import { runCommand } from "../run_command.ts";

/** What is known of a guest. */
export interface GuestFacts {
  /** Its MAC address in the neighbour table; `undefined` if the proxy has never heard of it. */
  readonly mac: string | undefined;
  /** The state of that entry, for example `REACHABLE` or `FAILED`. */
  readonly state: string | undefined;
  /** The ports of the bridge at which that MAC address was seen. */
  readonly ports: readonly string[];
}

/**
 * Looks for a guest.
 *
 * @param names Its bridge's names.
 * @param address Its IPv4 address.
 * @returns What is known of it.
 * @throws {import("../run_command.ts").CommandError} If ip or bridge fails.
 * @throws {KernelStateError} If the answer of one of them is not a list.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and bridge.
 */
export async function lookForGuest({ bridge, netns, netnsEnd }: BridgeNames, address: string): Promise<GuestFacts> {
  const [neighbours, database] = await Promise.all([
    runCommand("ip", ["-n", netns, "-j", "neighbour", "show", "dev", netnsEnd]),
    runCommand("bridge", ["-j", "fdb", "show", "br", bridge]),
  ]);
  return parseGuest(address, neighbours, database);
}

/**
 * Finds a guest in what ip and bridge have printed.
 *
 * @param address Its IPv4 address.
 * @param neighbours The answer of `ip -j neighbour show`.
 * @param database The answer of `bridge -j fdb show`.
 * @returns What is known of it.
 * @throws {KernelStateError} If one of the answers is not a list.
 */
export function parseGuest(address: string, neighbours: string, database: string): GuestFacts {
  const entry = listOf<{ dst?: string; lladdr?: string; state?: string[] }>(neighbours).find(({ dst }) =>
    dst === address
  );
  const mac = entry?.lladdr?.toLowerCase();
  const seen = listOf<{ mac?: string; ifname?: string }>(database).filter((row) => row.mac?.toLowerCase() === mac);
  return {
    mac,
    state: entry?.state?.[0],
    ports: mac === undefined ? [] : [...new Set(seen.flatMap(({ ifname }) => ifname ?? []))],
  };
}

function listOf<T>(json: string): T[] {
  // Both print nothing at all in place of an empty list.
  if (json.trim() === "") return [];
  try {
    const list = JSON.parse(json);
    if (Array.isArray(list)) return list;
  } catch (cause) {
    throw new KernelStateError("Cannot read what ip or bridge listed: it is not JSON", "", { cause });
  }
  throw new KernelStateError("Cannot read what ip or bridge listed: it is not a list");
}
