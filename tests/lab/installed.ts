/**
 * Programs as an operator has them on a hypervisor: run by their paths, with nothing in the environment.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Result } from "../../packaging/command.ts";
import { fetchFrom, type Scenario } from "./scenario.ts";

/** Runs a program of a folder on the hypervisor; it has to succeed. */
export async function runInstalled({ hv }: Scenario, bin: string, program: string, ...args: string[]): Promise<Result> {
  const result = await hv.host.run(["/usr/bin/env", "-i", `${bin}/${program}`, ...args]);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

/** Does what an operator does on the first day, with the programs of a folder, until the guest gets an answer. */
export async function serve(scenario: Scenario, bin: string): Promise<void> {
  const { hv, guest } = scenario;
  await runInstalled(scenario, bin, "tproxy-setup", "up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7");
  await runInstalled(scenario, bin, "tproxy", "start");
  const { stdout } = await runInstalled(scenario, bin, "tproxy", "status");
  assert.match(stdout, /^one_tproxy: \d+\none_tproxy_br0: \d+\n$/);
  assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  const running = await runInstalled(scenario, bin, "tproxy", "permissions", "--running");
  assert.match(running.stdout, /^one_tproxy \(\d+\): ok\none_tproxy_br0 \(\d+\): ok\n$/);
  const { stdout: listed } = await hv.host.run(["ps", "-eo", "args="]);
  assert.match(listed, /^one_tproxy_br0$/m);
}

/** Takes it down again, and checks that nothing is left. */
export async function unserve(scenario: Scenario, bin: string): Promise<void> {
  await runInstalled(scenario, bin, "tproxy-setup", "down", "--bridge", "br0");
  await runInstalled(scenario, bin, "tproxy", "start");
  const { code } = await scenario.hv.host.run(["/usr/bin/env", "-i", `${bin}/tproxy`, "status"]);
  assert.equal(code, 3);
  const { stdout } = await scenario.hv.host.run(["ps", "-eo", "args="]);
  assert.doesNotMatch(stdout, /^one_tproxy/m);
}
