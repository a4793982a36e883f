/**
 * Resolving the addresses of an entry's service.
 *
 * @module
 */

import { addressesOf, isIpv4 } from "../address.ts";
import type { ConfigEntry, Problem } from "./config.ts";
import { named, type NamedAddress } from "./named_addresses.ts";
import { isLocal, LOCAL_BLOCKS, mayLeadTo } from "./resolve_name.ts";

/** Resolves a host name to an IPv4 address, or fails with an error that says why not. */
export type Resolve = (name: string) => Promise<string>;

/** What the addresses and names of an entry come to. */
export interface ResolvedEntry {
  /** An address for each of them, `undefined` for a name that leads to none. */
  readonly answers: readonly (string | undefined)[];
  /** The addresses that can be dialled, each once, in the order in which they are tried. */
  readonly addresses: readonly NamedAddress[];
  /** A problem for each name that leads to no address, and for each that leads to the address of an earlier one. */
  readonly problems: readonly Problem[];
}

/** Debian's installer gives a host's own name the address 127.0.1.1 in /etc/hosts. */
const NOT_LOCAL = `expected a name that does not lead to ${LOCAL_BLOCKS}; ` +
  "for a service on this host write its address, 127.0.0.1 or localhost, or correct the name in /etc/hosts";

/** What is wrong with an address, in the terms of the user document. */
export const REMOTE_ADDR_KEY = ":remote_addr:";

/**
 * Finds the addresses of an entry's service.
 *
 * @param entry The entry.
 * @param resolve Resolves a host name.
 * @returns The addresses, and what is wrong with the others.
 */
export async function resolveEntry(entry: ConfigEntry, resolve: Resolve): Promise<ResolvedEntry> {
  const texts = addressesOf(entry);
  const found = await Promise.all(texts.map((text) => resolveText(entry, text, resolve)));
  const answers = found.map((answer) => typeof answer === "string" ? answer : undefined);
  const addresses: NamedAddress[] = [];
  const problems = found.filter((answer) => typeof answer !== "string");
  for (const [i, address] of answers.entries()) {
    if (address === undefined) continue;
    const text = texts[i]!;
    if (!addresses.some((other) => other.address === address)) {
      addresses.push(named(address, text === address ? undefined : text));
    } else {
      const advice = "ignored: another one of the list leads to this address";
      const value = text === address ? text : `${text} (${address})`;
      problems.push({ at: entry.at, key: REMOTE_ADDR_KEY, value, advice });
    }
  }
  return { answers, addresses, problems };
}

async function resolveText({ at }: ConfigEntry, text: string, resolve: Resolve): Promise<string | Problem> {
  const key = REMOTE_ADDR_KEY;
  try {
    if (isIpv4(text)) return text;
    const address = await resolve(text);
    if (mayLeadTo(text, address)) return address;
    const value = `${text} (${address})`;
    return isLocal(address)
      ? { at, key, value, advice: NOT_LOCAL }
      : { at, key, value, advice: "expected a name of an address that can be dialled" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { at, key, value: text, advice: `expected a name that resolves to IPv4 (${why})` };
  }
}

/**
 * Asks a resolver about each name only once, since several entries may be on one host.
 *
 * @param resolve The resolver.
 * @returns The same with a memory.
 */
export function once(resolve: Resolve): Resolve {
  const answers = new Map<string, Promise<string>>();
  return (name) => {
    const answer = answers.get(name) ?? resolve(name);
    answers.set(name, answer);
    return answer;
  };
}
