/**
 * The configuration as it was last read, for programs that a VM's start waits for: they need not load the YAML library
 * as long as the file is the same.
 *
 * @module
 */

import { describe, NotNotedError } from "../errors.ts";
import { hashDigits } from "../hash.ts";
import { isObject } from "../is_object.ts";
import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { parseJson } from "../parse_json.ts";
import { lstatIfThere, readIfThere, replaceFile } from "../run_dir.ts";
import { VERSION } from "../version.ts";
import type { Config } from "./config.ts";
import { stampOf } from "./prepare_then_lock.ts";

/** Where a program gets the configuration from. */
export interface ConfigSource {
  /** The file. */
  readonly path: string;
  /** Reads the configuration. */
  readonly read: () => Promise<Config>;
  /** Notes what was read last; called under the lock of `setup`. */
  readonly note?: () => Promise<void>;
}

/**
 * A file may change twice within one tick of the kernel's clock, and look the same. So nothing is noted of a file that
 * is younger, in milliseconds.
 */
const YOUNGEST_MS = 2_000;

/** No note has more: it holds what a configuration of 256 KiB says. */
const LONGEST = 4 * 1024 * 1024;

/**
 * A source that knows only what is noted.
 *
 * @param path The configuration file.
 * @returns The source. Reading it throws {@linkcode NotNotedError} if nothing is noted of the file as it is now.
 */
export function notedConfig(path: string): ConfigSource {
  return { path, read: () => readNoted(path) };
}

/**
 * A source that goes on with what it has read if the file is changed meanwhile: what has read a hook's standard input
 * can't leave its work to another program.
 *
 * @param source The source.
 * @returns A source of the same configuration. Reading it throws {@linkcode NotNotedError} only if nothing has been
 * read.
 */
export function steady({ path, read }: ConfigSource): ConfigSource {
  let last: Config | undefined;
  const readSteadily = async (): Promise<Config> => {
    try {
      last = await read();
    } catch (error) {
      if (last === undefined || !(error instanceof NotNotedError)) throw error;
      log.warning('The configuration was changed meanwhile; unless a watch follows it, run "tproxy apply"', { path });
    }
    return last;
  };
  return { path, read: readSteadily };
}

async function readNoted(path: string): Promise<Config> {
  const [info, stamp] = [lstatIfThere(RUN_FILES.config), await stampOf(path)];
  const isRoots = info !== undefined && info.isFile && info.uid === 0 && ((info.mode ?? 0) & 0o022) === 0;
  const text = isRoots && info.size <= LONGEST ? readIfThere(RUN_FILES.config) : undefined;
  const noted = parseNoted(text ?? "", path, stamp);
  if (noted === undefined) {
    throw new NotNotedError(`Nothing is noted of ${path}`, 'run "tproxy" or "tproxy-setup", which read it then');
  }
  return noted;
}

/**
 * Notes what a configuration says. The caller holds the lock of `setup`. Without the note, as on a full disk, the next
 * program reads the configuration again.
 *
 * @param config What it says.
 * @param stamp What {@linkcode stampOf} said before it was read.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function noteConfig(config: Config, stamp: string): Promise<void> {
  try {
    // Unlike the time of its contents, nobody can set this one.
    const changed = (await Deno.stat(config.path)).ctime?.getTime() ?? Infinity;
    if (Date.now() - changed < YOUNGEST_MS || await stampOf(config.path) !== stamp) return;
    replaceFile(RUN_FILES.config, renderNoted(config, stamp), 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.debug("Cannot note the configuration", { path: RUN_FILES.config, error: describe(error) });
  }
}

/**
 * Renders what is noted.
 *
 * @param config What the configuration says.
 * @param stamp What {@linkcode stampOf} says of its file.
 * @returns A line of JSON.
 */
export function renderNoted(config: Config, stamp: string): string {
  const text = JSON.stringify(config);
  return `${JSON.stringify({ version: VERSION, path: config.path, stamp, hash: hashDigits(text, 16), text })}\n`;
}

/**
 * Reads what is noted. Only root can write it, and a note of the same version with the right hash is as it was
 * rendered.
 *
 * @param text The text of the file.
 * @param path The configuration file.
 * @param stamp What {@linkcode stampOf} says of it.
 * @returns What is noted; `undefined` if it is of another file, of another state of the file, of another version of
 * this program, or damaged.
 */
export function parseNoted(text: string, path: string, stamp: string): Config | undefined {
  const note = parseJson(text);
  if (!isObject(note) || note["version"] !== VERSION || note["path"] !== path || note["stamp"] !== stamp) {
    return undefined;
  }
  const noted = note["text"];
  if (typeof noted !== "string" || note["hash"] !== hashDigits(noted, 16)) return undefined;
  return parseJson(noted) as Config;
}
