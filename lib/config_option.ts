/**
 * Which configuration a command line names, for whoever gives a program the permission to read it.
 *
 * @module
 */

import { DEFAULT_CONFIG_PATH } from "./names.ts";

/**
 * Finds the configuration file that `setup` or `tproxy` will ask for.
 *
 * @param args The arguments; whatever else is wrong with them is for the program to say.
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
