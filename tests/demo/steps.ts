/**
 * Steps of the demo: commands on its hosts, each shown with what it prints.
 *
 * @module
 */

import type { Result } from "../../packaging/command.ts";
import type { Host } from "../lab/host.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { printed, prompt } from "./show.ts";

/** A hypervisor, and the guest on it. */
export interface Place {
  readonly name: string;
  readonly hv: Hypervisor;
  readonly guest: Host;
}

/** A step whose result is not the expected one. */
export class DemoError extends Error {}

/**
 * Shows a command and what it prints.
 *
 * @param where The host.
 * @param command What an operator types.
 * @param run Runs it.
 * @param keep Which lines are shown.
 * @returns What it has printed on standard output.
 * @throws {DemoError} If it fails.
 */
export async function show(
  where: string,
  command: string,
  run: () => Promise<Result>,
  keep: (line: string) => boolean = (line) => line !== "",
): Promise<string> {
  prompt(where, command);
  const { code, stdout, stderr } = await run();
  for (const line of `${stdout}${stderr}`.split("\n").filter(keep)) printed(line);
  if (code !== 0) throw new DemoError(`"${command}" on ${where} exited with ${code}`);
  return stdout;
}

/** Runs commands on all hypervisors at once, and shows them one after the other. */
export async function onAll(hypervisors: readonly Place[], commands: readonly string[]): Promise<void> {
  const all = hypervisors.map(({ name, hv }) => {
    let last: Promise<unknown> = Promise.resolve();
    return commands.map((command) => {
      const [program, ...args] = command.split(" ");
      const done = last.then(() => program === "setup" ? hv.setup(...args) : hv.tproxy(...args));
      last = done;
      return { name, command, done };
    });
  });
  for (const { name, command, done } of all.flat()) await show(name, `deno task ${command}`, () => done);
}
