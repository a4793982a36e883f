/**
 * The configuration that a command line names. A launcher gives the program the permission to read it.
 *
 * @module
 */

import { resolve } from "node:path";
import { DEFAULT_CONFIG_PATH } from "../lib/names.ts";

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
 * Makes the path of the configuration absolute, for a program that will run in another folder.
 *
 * @param args The arguments.
 * @param folder The folder in which they were typed; `undefined` if the program will run there.
 * @returns The arguments, in which each value of `--config` is a path from the root.
 */
export function withAbsoluteConfig(args: readonly string[], folder: string | undefined): string[] {
  if (folder === undefined) return [...args];
  return args.map((arg, i) => {
    const [, option = "", path] = args[i - 1] === "--config" ? [arg, "", arg] : /^(--config=)(.+)$/s.exec(arg) ?? [];
    return path === undefined || path === "" ? arg : option + resolve(folder, path);
  });
}
