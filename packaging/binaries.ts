/**
 * The compiled programs: their names, and how each is compiled. Pure.
 *
 * @module
 */

import type { Entrypoint } from "../lib/permissions/table.ts";
import { runtimeFlags } from "../lib/permissions/run_by_deno.ts";
import { compiledFlags } from "../lib/permissions/compiled.ts";

/** The names of the programs, which `lib/permissions/compiled.ts` knows, and the entrypoint of each. */
export const BINARIES: Readonly<Record<string, Entrypoint>> = {
  "tproxy": "tproxy",
  "tproxy-setup": "setup",
  "tproxy-inner": "inner",
  "tproxy-outer": "outer",
};

/**
 * Tells how a program is compiled.
 *
 * @param entrypoint The program.
 * @param script Its bundle.
 * @param path The binary.
 * @returns Arguments for Deno.
 */
export function compileArguments(entrypoint: Entrypoint, script: string, path: string): string[] {
  return [
    ...["compile", "--quiet", "--no-check", "--no-config", "--no-lock", "--no-npm"],
    // A binary would keep what V8 has compiled in a folder of /tmp, and trust it, though anybody can have made it.
    "--no-code-cache",
    // Everywhere else --no-remote refuses it, which a binary does not remember.
    "--deny-import",
    ...runtimeFlagsOf(entrypoint),
    ...compiledFlags(entrypoint),
    `--output=${path}`,
    script,
  ];
}

function runtimeFlagsOf(entrypoint: Entrypoint): readonly string[] {
  switch (entrypoint) {
    case "inner":
    case "outer":
      return runtimeFlags(entrypoint);
    case "setup":
    case "tproxy":
      return [];
  }
}
