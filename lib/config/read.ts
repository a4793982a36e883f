/**
 * Reading the configuration file.
 *
 * @module
 */

import { ConfigError, describe } from "../errors.ts";
import { codeOf } from "../error_code.ts";
import { readRegularFile } from "../regular_file.ts";
import { defaultConfig } from "../remotes.ts";
import type { Config } from "./config.ts";
import { type ConfigSource, noteConfig } from "./noted.ts";
import { parseConfig } from "./parse.ts";
import { stampOf } from "./prepare_then_lock.ts";

/** The shipped file has 6 KiB, and an entry some 100 bytes; more than this is some other file. */
const MAX_BYTES = 256 * 1024;

/**
 * A source that reads the file, and notes what it says.
 *
 * @param path The configuration file.
 * @returns The source.
 */
export function configFile(path: string): ConfigSource {
  let note = (): Promise<void> => Promise.resolve();
  const read = async (): Promise<Config> => {
    const stamp = await stampOf(path);
    const config = await readConfig(path);
    note = () => noteConfig(config, stamp);
    return config;
  };
  return { path, read, note: () => note() };
}

/**
 * Reads and parses the configuration file.
 *
 * @param path The file, for example `/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf`.
 * @returns What is good in it, and a list of what is not.
 * @throws {ConfigError} If it can't be read, is not a regular file, is larger than 256 KiB or is not YAML.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
// deno-lint-ignore require-await -- a file that can't be read is a promise that fails, as everywhere
export async function readConfig(path: string): Promise<Config> {
  return parseConfig(readConfigText(path), path);
}

/**
 * Reads the configuration file and does not parse it.
 *
 * @param path The file.
 * @returns Its text.
 * @throws {ConfigError} If it can't be read, is not a regular file or is larger than 256 KiB.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function readConfigText(path: string): string {
  try {
    return new TextDecoder().decode(readRegularFile(path, MAX_BYTES));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    const [why, remedy] = reasonOf(cause, path);
    throw new ConfigError(`Cannot read the configuration ${path}: ${why}`, remedy, { cause });
  }
}

/** Why a file can't be read, and what to do about it. */
function reasonOf(error: unknown, path: string): [why: string, remedy: string] {
  const code = codeOf(error);
  if (code === "ENOENT") {
    const remedy = path === defaultConfig()
      ? 'run "onehost sync -f" on the front-end'
      : "see that it is the right path";
    return ["there is no such file", remedy];
  }
  if (code === "EACCES") return ["permission denied", "run it as root"];
  return [describe(error), "see that it is the right file"];
}
