/**
 * Attempts at what a program of ours may or may not do: a probe runs in its place, with its command line.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Result } from "../../packaging/command.ts";
import { argvOf, type ScriptStart } from "./daemon_start.ts";
import type { Hypervisor } from "./hypervisor.ts";

const PROBE = new URL("../fixtures/probe.js", import.meta.url).pathname;

/** Something to try: a kind of `tests/fixtures/probe.js`, and what it takes. */
export type Attempt = readonly [kind: string, ...args: unknown[]];

/** Runs the probe with some attempts. */
export type Probe = (attempts: readonly Attempt[]) => Promise<Result>;

/** A probe in place of `setup` or `tproxy`. */
export function inPlaceOfProgram(hv: Hypervisor, flags: readonly string[]): Probe {
  const argv = [Deno.execPath(), "run", "--quiet", "--frozen", ...flags, PROBE];
  return (attempts) => hv.host.run([...argv, JSON.stringify(attempts)]);
}

/** A probe in place of a daemon. */
export function inPlaceOfDaemon(hv: Hypervisor, start: ScriptStart): Probe {
  return (attempts) => hv.host.run([...argvOf(start, PROBE), JSON.stringify(attempts)]);
}

/** Tries things, and returns how each ended, by the attempt as JSON. */
export async function outcomesOf(probe: Probe, attempts: readonly Attempt[]): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await probe(attempts);
  assert.equal(code, 0, stderr);
  const outcomes: string[] = JSON.parse(stdout);
  assert.equal(outcomes.length, attempts.length);
  return new Map(attempts.map((attempt, i) => [JSON.stringify(attempt), outcomes[i] ?? ""]));
}

/** Tries things, of which each has to end in a certain way. */
export async function assertOutcomes(probe: Probe, attempts: readonly Attempt[], expected: RegExp): Promise<void> {
  const outcomes = await outcomesOf(probe, attempts);
  assert.deepEqual([...outcomes].filter(([, outcome]) => !expected.test(outcome)), []);
}
