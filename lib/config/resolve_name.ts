/**
 * Host names, as the hypervisor itself would resolve them.
 *
 * @module
 */

import { isDiallable, isIpv4 } from "../address.ts";
import { TproxyError } from "../errors.ts";
import { CommandError, runCommand } from "../run_command.ts";

/** A VM deploy waits for the answer, so a resolver that takes longer counts as one that has none. */
const DEADLINE_MS = 3_000;

/** Where no name may lead guests, for messages. */
export const LOCAL_BLOCKS = "127.0.0.0/8 or 169.254.0.0/16";

/**
 * Tells whether an address is one that only this host, or this link, has.
 *
 * @param address An IPv4 address in dotted form.
 * @returns `true` for 127.0.0.0/8 (RFC 1122) and 169.254.0.0/16 (RFC 3927).
 */
export function isLocal(address: string): boolean {
  return /^(?:127|169\.254)\./.test(address);
}

/**
 * Tells whether guests may be led where a name leads.
 *
 * WHY not to 127.0.0.1: who answers for the name decides what guests reach, and servers that listen there count on
 * nobody but this host. Whoever writes the configuration can write the address itself, or `localhost`, which says the
 * same.
 *
 * @param name A host name.
 * @param address An IPv4 address of it.
 * @returns Whether it can be dialled, and is an address that others know the host by.
 */
export function mayLeadTo(name: string, address: string): boolean {
  if (!isDiallable(address)) return false;
  return !isLocal(address) || isLocalhost(name) && address.startsWith("127.");
}

function isLocalhost(name: string): boolean {
  return /^localhost\.?$/i.test(name);
}

/**
 * Resolves a name to one IPv4 address.
 *
 * @param name A host name.
 * @param preferred The addresses that come before others, as long as the name has them.
 * @returns The first IPv4 address, in dotted form, to which guests may be led; if there is none, the first one.
 * @throws {TproxyError} If it has none, or if the resolver takes longer than 3 seconds.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function resolveIpv4(name: string, preferred: ReadonlySet<string> = new Set()): Promise<string> {
  const addresses = await resolveAllIpv4(name);
  const good = addresses.filter((address) => mayLeadTo(name, address));
  return good.find((address) => preferred.has(address)) ?? good[0] ?? addresses[0];
}

/**
 * Resolves a name to all its IPv4 addresses.
 *
 * WHY getent and not `Deno.resolveDns`: the user document promises the host's resolver, which also means /etc/hosts and
 * whatever else nsswitch.conf names; it needs no network permission; and a process can be ended at its deadline.
 *
 * @param name A host name.
 * @returns IPv4 addresses in dotted form, in the resolver's order; at least one.
 * @throws {TproxyError} If it has none, or if the resolver takes longer than 3 seconds.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function resolveAllIpv4(name: string): Promise<[string, ...string[]]> {
  let answer: string;
  try {
    answer = await runCommand("getent", ["ahostsv4", "--", name], { deadlineMs: DEADLINE_MS });
  } catch (cause) {
    // getent(1): 2 is "not found in the database".
    if (cause instanceof CommandError && cause.exitCode === 2) {
      throw new TproxyError(`${name} has no IPv4 address`, "", { cause });
    }
    throw cause;
  }
  const addresses = answer.split("\n").map((line) => line.split(/\s/, 1)[0]).filter(isIpv4);
  const [first, ...others] = new Set(addresses);
  if (first === undefined) throw new TproxyError(`The resolver answered ${JSON.stringify(answer)} for ${name}`);
  return [first, ...others];
}
