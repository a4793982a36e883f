/**
 * The programs in `tests/fixtures/` that play guests and services. They take one argument, and print their state as
 * lines of JSON.
 *
 * @module
 */

import type { Background } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/** Starts one; `net` is what it may connect to, or listen on. */
export function startScript(host: Host, name: string, net: string, argument: unknown): Background {
  const program = new URL(`../fixtures/${name}`, import.meta.url).pathname;
  const flags = ["--quiet", "--no-config", "--no-prompt", `--allow-net=${net}`];
  const argv = [Deno.execPath(), "run", ...flags, program, JSON.stringify(argument)];
  // Deno has to be in the host's process namespace, so nsenter forks it; it ends with the nsenter that is signalled.
  return host.start(["setpriv", "--pdeathsig=KILL", ...argv], { inside: true });
}

/** The value of the last line that it has printed; `undefined` before the first line. */
export function latest<T>({ output }: Background): T | undefined {
  const line = output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1) ?? "";
  return line === "" ? undefined : JSON.parse(line);
}
