/**
 * What `tproxy check` finds out about a configuration that has been read.
 *
 * @module
 */

import { addressesOf } from "../address.ts";
import type { Config, ConfigEntry, Problem } from "../config/config.ts";
import { isLocal } from "../config/resolve_name.ts";
import { once, REMOTE_ADDR_KEY, type Resolve, resolveEntry } from "../config/resolve_entry.ts";
import { portConflict } from "../config/select.ts";
import { nameNetwork } from "./describe_network.ts";

/** An entry with the addresses of its service. */
export interface CheckedEntry extends ConfigEntry {
  /** An IPv4 address for each address or name of the entry; `undefined` for a name that does not resolve to one. */
  readonly answers: readonly (string | undefined)[];
}

/** A configuration with what this host knows about it. */
export interface CheckedConfig extends Config {
  /** The good entries in the file's order, or `undefined` if the file has no `:tproxy:` key. */
  readonly entries: readonly CheckedEntry[] | undefined;
  /** All problems, in the file's order. */
  readonly problems: readonly Problem[];
  /** All remarks, in the file's order. */
  readonly remarks: readonly Problem[];
}

/** Questions to the host. */
export interface HostFacts {
  /** Resolves a host name. */
  readonly resolve: Resolve;
  /** Looks up the number of a user; `undefined` if there is no such user. */
  readonly uidOf: (name: string) => Promise<number | undefined>;
}

/**
 * Checks a configuration for all networks at once.
 *
 * @param config The configuration.
 * @param host Questions to the host.
 * @returns The configuration with the addresses of each entry. Its problems include names that do not resolve, an
 * unknown user and entries that an earlier one shadows.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkConfig, parseConfig } from "@one/tproxy";
 *
 * const config = parseConfig(":tproxy_process_owner: nobody\n:tproxy: []\n", "a.conf");
 * const host = { resolve: () => Promise.reject(new Error("no resolver")), uidOf: () => Promise.resolve(undefined) };
 * const { problems } = await checkConfig(config, host);
 * assert.equal(problems[0]?.advice, "expected a user of this host");
 * ```
 */
export async function checkConfig(config: Config, host: HostFacts): Promise<CheckedConfig> {
  const resolve = once(host.resolve);
  const [remotes, owner] = await Promise.all([
    Promise.all((config.entries ?? []).map((entry) => resolveEntry(entry, resolve))),
    checkUser(config, host),
  ]);
  const entries = config.entries?.map((entry, i) => ({ ...entry, answers: remotes[i]?.answers ?? [] }));
  const problems = [
    ...config.problems,
    ...owner.problems,
    ...remotes.flatMap(({ problems }) => problems),
    ...findShadowed(config.entries ?? []),
  ];
  return {
    ...config,
    entries,
    problems: problems.toSorted(byPlace),
    remarks: [...config.remarks, ...owner.remarks, ...(entries ?? []).flatMap(remarkOnLocal)].toSorted(byPlace),
  };
}

/** Who writes the address of this host means it; who reads the file should see what it opens. */
function remarkOnLocal({ at, answers, ...entry }: CheckedEntry): Problem[] {
  const advice = "guests reach what otherwise only this hypervisor does";
  return addressesOf(entry).filter((_, i) => isLocal(answers[i] ?? ""))
    .map((value) => ({ at, key: REMOTE_ADDR_KEY, value, advice }));
}

function byPlace(a: Problem, b: Problem): number {
  return a.at.line - b.at.line || a.at.column - b.at.column;
}

async function checkUser(
  { processOwner, processOwnerAt: at }: Config,
  { uidOf }: HostFacts,
): Promise<Pick<CheckedConfig, "problems" | "remarks">> {
  if (processOwner === undefined || at === undefined) return { problems: [], remarks: [] };
  const found = (advice: string) => [{ at, key: ":tproxy_process_owner:", value: processOwner, advice }];
  const unknown = "expected a user of this host";
  let uid: number | undefined;
  try {
    uid = await uidOf(processOwner);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problems: found(`${unknown} (${why})`), remarks: [] };
  }
  if (uid === undefined) return { problems: found(unknown), remarks: [] };
  if (uid === 0) return { problems: found(ROOT_OWNS), remarks: [] };
  return { problems: [], remarks: found(ONE_OWNS) };
}

const ROOT_OWNS = "nothing keeps a proxy that is taken over from root's files and processes; " +
  "without this line each proxy is a user of its own";
const ONE_OWNS = "a proxy that is taken over may end the others; without this line each proxy is a user of its own";

/**
 * Finds the entries that lose at least one network to an earlier entry with the same service port, which is for all
 * networks or names the same network. A later entry for all networks is not shadowed: it serves the networks that the
 * earlier one leaves.
 *
 * @param entries The entries in the file's order.
 * @returns A problem for each, which says in which line the earlier one is.
 */
export function findShadowed(entries: readonly ConfigEntry[]): Problem[] {
  const ports = new Map<number, { all?: number; some: Map<string, number> }>();
  return entries.flatMap((entry) => {
    const earlier = ports.get(entry.servicePort) ?? { some: new Map<string, number>() };
    ports.set(entry.servicePort, earlier);
    if (earlier.all !== undefined) return [portConflict(entry, `ignored: line ${earlier.all} wins`)];
    const networks = [...new Set(entry.networks.map(nameNetwork))];
    const lines = Map.groupBy(networks, (network) => earlier.some.get(network));
    if (networks.length === 0) earlier.all = entry.at.line;
    for (const network of lines.get(undefined) ?? []) earlier.some.set(network, entry.at.line);
    lines.delete(undefined);
    const places = [...lines].map(([line, names]) => `for ${names.join(", ")} line ${line} wins`);
    return places.length === 0 ? [] : [portConflict(entry, `ignored: ${places.join(" and ")}`)];
  });
}
