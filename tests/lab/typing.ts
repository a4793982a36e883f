/**
 * Typing at a shell on a terminal.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "./host.ts";

/** Shells as a person at a system has them, each with the keys after which it has listed what may follow. */
const SHELLS = {
  // The first tab completes, and the second one lists.
  bash: { command: "bash --login -i", load: "", keys: "\t\t" },
  zsh: { command: "zsh -i", load: "autoload -U compinit && compinit -u\n", keys: "\t" },
} as const;

/** Types at a shell on a terminal that is large enough for any list, and tells what that shows. */
export function typeAt(host: Host, shell: string, input: string): Promise<string> {
  const sized = `stty rows 200 columns 200; exec ${shell}`;
  // A shell writes down what was typed, in the machine's own home unless the host has a root of its own.
  const environment = ["HOME=/root", "HISTFILE=/dev/null", "TERM=dumb"];
  return host.text(["env", ...environment, "script", "-qec", sized, "/dev/null"], input);
}

/** Shows that a shell, as the system has it, lists the commands of a program, and completes what is typed of one. */
export async function assertCompleted(host: Host, shell: keyof typeof SHELLS, program: string): Promise<void> {
  const { command, load, keys } = SHELLS[shell];
  const help = await host.text([program, "--help"]);
  const verbs = [...help.matchAll(/^ {2}([a-z]\S*) /gm)].map(([, verb = ""]) => verb);
  assert.ok(verbs.length > 3, help);
  // Without this file, zsh asks a newcomer what to put there.
  await host.write("/root/.zshrc", load);
  const shown = await typeAt(host, command, `${program} ${keys}he\t${verbs[0]}\nexit\n`);
  const missing = verbs.filter((verb) => !new RegExp(`(?:^| )${verb}(?: |\r?$)`, "m").test(shown));
  assert.deepEqual(missing, [], shown);
  assert.match(shown, new RegExp(`^Usage: ${program} ${verbs[0]} `, "m"));
}
