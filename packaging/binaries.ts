/**
 * The compiled programs: their names, and how each is compiled. Pure.
 *
 * @module
 */

import { COMMAND_PROGRAMS, type Entrypoint } from "../lib/permissions/verbs.ts";
import { runtimeFlags } from "../lib/permissions/run_by_deno.ts";
import { compiledFlags } from "../lib/permissions/compiled.ts";

/** All programs, in the order in which they are made. */
export const ENTRYPOINTS: readonly Entrypoint[] = [...COMMAND_PROGRAMS, "inner", "outer", "probe"];

/**
 * Tells the name of a compiled program. `lib/permissions/compiled.ts` knows those of the daemons.
 *
 * @param entrypoint The program.
 * @returns The file's name. No program is called `tproxy` or `tproxy-setup`, since these are the scripts that choose
 * one by the verb.
 */
export function binaryOf(entrypoint: Entrypoint): string {
  const names: Partial<Record<Entrypoint, string>> = { tproxy: "control", setup: "bridge" };
  return `tproxy-${names[entrypoint] ?? entrypoint}`;
}

/**
 * Tells how a program is compiled.
 *
 * @param entrypoint The program.
 * @param script Its bundle.
 * @param path The binary.
 * @param config The configuration that it may read.
 * @returns Arguments for Deno.
 */
export function compileArguments(entrypoint: Entrypoint, script: string, path: string, config?: string): string[] {
  return [
    ...["compile", "--quiet", "--no-check", "--no-config", "--no-lock", "--no-npm"],
    // A binary would keep what V8 has compiled in a folder of /tmp, and trust it, though anybody can have made it.
    "--no-code-cache",
    // Everywhere else --no-remote refuses it, which a binary does not remember.
    "--deny-import",
    ...runtimeFlagsOf(entrypoint),
    ...compiledFlags(entrypoint, config),
    `--output=${path}`,
    script,
  ];
}

function runtimeFlagsOf(entrypoint: Entrypoint): readonly string[] {
  return entrypoint === "inner" || entrypoint === "outer" || entrypoint === "probe" ? runtimeFlags(entrypoint) : [];
}
