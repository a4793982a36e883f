/**
 * The configuration and the folder that a command line names. A launcher gives the program the permission to read the
 * one, and to write metrics into the other.
 *
 * @module
 */

import { resolve } from "node:path";
import { DEFAULT_CONFIG_PATH, DEFAULT_SYSDUMP, TEXTFILE_DIR } from "../lib/paths.ts";
import { TEXTFILE_OPTION } from "../lib/permissions/verbs.ts";

/**
 * Finds the configuration file that `setup` or `tproxy` will ask for.
 *
 * @param args The arguments. The program itself says what else is wrong with them.
 * @returns The last value of `--config`, or the default.
 */
export function configOf(args: readonly string[]): string {
  return valueOf(args, "--config") || DEFAULT_CONFIG_PATH;
}

/**
/**
 * Finds what a program may write that its command line names.
 *
 * @param args The arguments, the verb first.
 * @returns For `sysdump`, the last argument that is no option and no value of one; for `metrics`, the folder that
 * `--textfile` names; or a default that no other program may write.
 */
export function outputOf(args: readonly string[]): string {
  if (args[0] === "metrics") return valueOf(args, TEXTFILE_OPTION) || TEXTFILE_DIR;
  if (args[0] !== "sysdump") return DEFAULT_SYSDUMP;
  // The launchers take the verb, too. Without a file nothing is written.
  return args.findLast((arg, i) => !arg.startsWith("-") && args[i - 1] !== "--config") || DEFAULT_SYSDUMP;
}

function valueOf(args: readonly string[], option: string): string {
  let value = "";
  for (const [i, arg] of args.entries()) {
    if (arg.startsWith(`${option}=`)) value = arg.slice(option.length + 1);
    else if (args[i - 1] === option) value = arg;
  }
  return value;
}

/**
 * Makes the paths of the configuration and of what is written absolute, for a program that will run in another folder.
 *
 * @param args The arguments.
 * @param folder The folder in which they were typed; `undefined` if the program will run there.
 * @returns The arguments, in which these are paths from the root.
 */
export function withAbsolutePaths(args: readonly string[], folder: string | undefined): string[] {
  if (folder === undefined) return [...args];
  return args.map((arg, i) => {
    if (args[0] === "sysdump" && i > 0 && arg === outputOf(args)) return resolve(folder, arg);
    const isValue = args[i - 1] === "--config" || args[i - 1] === TEXTFILE_OPTION;
    const [, option = "", path] = isValue ? [arg, "", arg] : /^(--(?:config|textfile)=)(.+)$/s.exec(arg) ?? [];
    return path === undefined || path === "" ? arg : option + resolve(folder, path);
  });
}
