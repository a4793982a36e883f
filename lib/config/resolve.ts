/**
 * Host names, as the hypervisor itself would resolve them.
 *
 * @module
 */

import { isIpv4 } from "../address.ts";
import { TproxyError } from "../errors.ts";
import { CommandError, runCommand } from "../run_command.ts";

/** A VM deploy waits for the answer, so a resolver that takes longer counts as one that has none. */
const DEADLINE_MS = 3_000;

/**
 * Resolves a name to its first IPv4 address.
 *
 * @param name A host name.
 * @returns An IPv4 address in dotted form.
 * @throws {TproxyError} If it has none, or if the resolver takes longer than 3 seconds.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function resolveIpv4(name: string): Promise<string> {
  const [first] = await resolveAllIpv4(name);
  return first;
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
