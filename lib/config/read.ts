/**
 * Reading the configuration file.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";

/**
 * Reads and parses the configuration file.
 *
 * @param path The file, for example `/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf`.
 * @returns What is good in it, and a list of what is not.
 * @throws {ConfigError} If it can't be read or is not YAML.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readConfig(path: string): Promise<Config> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      const remedy = 'run "onehost sync -f" on the front-end';
      throw new ConfigError(`Cannot read the configuration ${path}: there is no such file`, remedy, { cause });
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new ConfigError(`Cannot read the configuration ${path}: permission denied`, "run it as root", { cause });
    }
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConfigError(`Cannot read the configuration ${path}`, "see that it is a file", { cause });
  }
  return parseConfig(text, path);
}
