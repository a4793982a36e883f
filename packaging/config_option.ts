/**
 * The configuration that a command line names. A launcher gives the program the permission to read it.
 *
 * @module
 */

import { resolve } from "node:path";
import { DEFAULT_CONFIG_PATH, DEFAULT_SYSDUMP } from "../lib/names.ts";

/**
 * Finds the configuration file that `setup` or `tproxy` will ask for.
 *
 * @param args The arguments. The program itself says what else is wrong with them.
 * @returns The last value of `--config`, or the default.
 */
export function configOf(args: readonly string[]): string {
  let config = "";
  for (const [i, arg] of args.entries()) {
    if (arg.startsWith("--config=")) config = arg.slice("--config=".length);
    else if (args[i - 1] === "--config") config = arg;
  }
  return config || DEFAULT_CONFIG_PATH;
}

/**
 * Finds the file that `tproxy sysdump` will write.
 *
 * @param args The arguments, the verb first.
 * @returns The last one that is no option and no value of one; a default that no other program may write.
 */
export function sysdumpOf(args: readonly string[]): string {
  if (args[0] !== "sysdump") return DEFAULT_SYSDUMP;
  // The launchers take the verb, too. Without a file nothing is written.
  return args.findLast((arg, i) => !arg.startsWith("-") && args[i - 1] !== "--config") || DEFAULT_SYSDUMP;
}

/**
 * Makes the paths of the configuration and of what `sysdump` writes absolute, for a program that will run in another folder.
 *
 * @param args The arguments.
 * @param folder The folder in which they were typed; `undefined` if the program will run there.
 * @returns The arguments, in which these are paths from the root.
 */
export function withAbsoluteConfig(args: readonly string[], folder: string | undefined): string[] {
  if (folder === undefined) return [...args];
  return args.map((arg, i) => {
    if (args[0] === "sysdump" && i > 0 && arg === sysdumpOf(args)) return resolve(folder, arg);
    const [, option = "", path] = args[i - 1] === "--config" ? [arg, "", arg] : /^(--config=)(.+)$/s.exec(arg) ?? [];
    return path === undefined || path === "" ? arg : option + resolve(folder, path);
  });
}
