/**
 * Attempts at what a program of ours may or may not do: a probe runs in its place, with its command line.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { DenoForm } from "../../lib/permissions/run_by_deno.ts";
import { commandLine, type DaemonStart, environmentOf } from "../../lib/daemon/command_line.ts";
import type { Result } from "../../packaging/command.ts";
import type { Hypervisor } from "./hypervisor.ts";

const PROBE = new URL("../fixtures/probe.js", import.meta.url).pathname;

/** Something to try: a kind of `tests/fixtures/probe.js`, and what it takes. */
export type Attempt = readonly [kind: string, ...args: unknown[]];

/** Runs the probe with some attempts. */
export type Probe = (attempts: readonly Attempt[]) => Promise<Result>;

/** What a daemon is started with that the runtime runs. */
export type ScriptStart = DaemonStart & { readonly form: DenoForm };

/** A probe in place of `setup` or `tproxy`. */
export function inPlaceOfProgram(hv: Hypervisor, flags: readonly string[]): Probe {
  const argv = [Deno.execPath(), "run", "--quiet", "--frozen", ...flags, PROBE];
  return (attempts) => hv.host.run([...argv, JSON.stringify(attempts)]);
}

/** A probe in place of a daemon: started as `startDaemon()` does it, by a shell. */
export function inPlaceOfDaemon(hv: Hypervisor, start: ScriptStart): Probe {
  const script = 'probe=$1; shift; cd /; exec 3<"$0"; exec env -i "$@" <"$probe"';
  const environment = Object.entries(environmentOf(start)).map(([name, value]) => `${name}=${value}`);
  const argv = ["sh", "-c", script, start.form.runtime, PROBE, ...environment, ...commandLine(start)];
  return (attempts) => hv.host.run([...argv, JSON.stringify(attempts)]);
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
