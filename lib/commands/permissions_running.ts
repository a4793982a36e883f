/**
 * What `tproxy permissions --running` prints: how the daemons that run differ from those that would be started now.
 * Pure.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import type { Title } from "../role.ts";
import { daemonFlags } from "../permissions/daemon_flags.ts";
import type { Desired } from "../daemon/desired.ts";
import type { Processes, RunningDaemon } from "../daemon/find_daemons.ts";
import { groupOf, groupsOf, userOf } from "../daemon/owner.ts";
import type { Form } from "../permissions/form.ts";

/** How a daemon differs from one that would be started now. */
export interface Comparison {
  /** Its process title. */
  readonly title: Title;
  /** The bridge of an inner proxy. */
  readonly bridge?: BridgeName;
  /** Its process ID. */
  readonly pid: number;
  /** Whether it drains. */
  readonly draining: boolean;
  /** A phrase for each difference; empty if there is none. */
  readonly differences: readonly string[];
}

/**
 * Compares every daemon that runs with one that would be started now.
 *
 * @param processes Who runs.
 * @param desired What should run.
 * @param form In which form daemons are there that are started now.
 * @returns A comparison for each, in the same order.
 */
export function compareDaemons(
  { host, daemons }: Pick<Processes, "host" | "daemons">,
  desired: Pick<Desired, "owner" | "bridges">,
  form: Form,
): Comparison[] {
  return daemons.map((daemon) => {
    const { role, pid, draining } = daemon;
    const bridge = role.program === "inner" ? { bridge: role.bridge } : {};
    return { title: role.title, ...bridge, pid, draining, differences: compareDaemon(daemon, host, desired, form) };
  });
}

function compareDaemon(
  { role, flags, uid, gid, groups, netns }: RunningDaemon,
  host: number,
  { owner, bridges }: Pick<Desired, "owner" | "bridges">,
  form: Form,
): string[] {
  const wantedNetns = role.program === "outer" ? host : bridges.get(role.bridge)?.netns;
  if (bridges.size === 0 || wantedNetns === undefined) return ["should not run: nothing is left for it to serve"];
  const differences = compareFlags(flags.split(";").filter((flag) => flag !== ""), daemonFlags(role, bridges, form));
  const expect = (what: string, actual: string, wanted: string) => {
    if (actual !== wanted) differences.push(`${what} ${actual}, expected ${wanted}`);
  };
  expect("user", `${uid}`, `${userOf(owner, role)}`);
  // A daemon of root's has the groups of the shell that started it, and needs none.
  if (owner?.uid !== 0) {
    expect("group", `${gid}`, `${groupOf(owner, role)}`);
    expect("other groups", list(groups), list(groupsOf(owner, role, bridges.keys())));
  }
  expect("network namespace", `${netns}`, `${wantedNetns}`);
  return differences;
}

/** Compares flags value by value, so that one address too many is a short line. Their order means nothing to Deno. */
function compareFlags(flags: readonly string[], wanted: readonly string[]): string[] {
  const [has, should] = [new Set(flags.flatMap(split)), new Set(wanted.flatMap(split))];
  return [
    ...[...has.difference(should)].map((flag) => `${flag} is too much`),
    ...[...should.difference(has)].map((flag) => `${flag} is missing`),
  ];
}

function split(flag: string): string[] {
  const at = flag.indexOf("=") + 1;
  return at === 0 ? [flag] : flag.slice(at).split(",").map((value) => flag.slice(0, at) + value);
}

function list(groups: readonly number[]): string {
  return groups.length === 0 ? "none" : [...new Set(groups)].toSorted((a, b) => a - b).join(",");
}

/**
 * Renders comparisons for people.
 *
 * @param comparisons How each daemon compares.
 * @returns `one_tproxy_br0 (16809): ok`, or a line for each difference.
 */
export function renderComparisons(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return "no proxy runs: nothing is known of its permissions";
  return comparisons.flatMap(({ title, pid, draining, differences }) => {
    const texts = differences.length === 0 ? ["ok"] : differences;
    return texts.map((text) => `${title} (${pid}${draining ? ", draining" : ""}): ${text}`);
  }).join("\n");
}
