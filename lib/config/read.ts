/**
 * Reading the configuration file.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { DEFAULT_CONFIG_PATH } from "../names.ts";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";

/** The shipped file has 5 KiB, and an entry some 100 bytes; more than this is some other file. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads and parses the configuration file.
 *
 * @param path The file, for example `/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf`.
 * @returns What is good in it, and a list of what is not.
 * @throws {ConfigError} If it can't be read, is larger than 1 MiB or is not YAML.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function readConfig(path: string): Promise<Config> {
  let bytes: Uint8Array;
  try {
    bytes = await readStart(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      const remedy = path === DEFAULT_CONFIG_PATH
        ? 'run "onehost sync -f" on the front-end'
        : "see that it is the right path";
      throw new ConfigError(`Cannot read the configuration ${path}: there is no such file`, remedy, { cause });
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new ConfigError(`Cannot read the configuration ${path}: permission denied`, "run it as root", { cause });
    }
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConfigError(`Cannot read the configuration ${path}`, "see that it is a file", { cause });
  }
  if (bytes.length > MAX_BYTES) {
    const message = `Cannot read the configuration ${path}: it is larger than ${MAX_BYTES / 1024} KiB`;
    throw new ConfigError(message, "see that it is the right file");
  }
  return parseConfig(new TextDecoder().decode(bytes), path);
}

/** Reads a file, or of a larger one than may be just enough to tell. */
async function readStart(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}
