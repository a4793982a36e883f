/**
 * How the daemons should run, as the last full reading of the configuration has left it: so that a `start` or `reload`, which a VM
 * waits for, need not load the YAML library.
 *
 * @module
 */

import { stampOf } from "../config/prepare_then_lock.ts";
import { describe, TproxyError } from "../errors.ts";
import { isObject } from "../is_object.ts";
import type { Limits } from "../limits.ts";
import { checkLimits } from "../limits_codec.ts";
import { type DebugLevel, isDebugLevel, log, type LogLine } from "../log.ts";
import { RUN_FILES } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import { lstatIfThere, readIfThere, replaceFile } from "../run_dir.ts";
import { VERSION } from "../version.ts";
import type { Owner } from "./owner.ts";
import { findOwner } from "./user_database.ts";

/** How the daemons should run, by the configuration. */
export interface Settings {
  /** The user that all of it should run as, if there is one. */
  readonly owner: Owner;
  /** How much they should log. */
  readonly debugLevel: DebugLevel;
  /** The limits of all bridges and endpoints. */
  readonly limits: Limits;
}

/** Where a pass gets the settings from. */
export interface SettingsSource {
  /** The configuration file. */
  readonly path: string;
  /** Reads them. */
  readonly read: () => Promise<Settings>;
  /** Notes them for later passes; called under the lock of whoever starts daemons. */
  readonly note?: () => Promise<void>;
}

/** What is noted of a configuration in which nothing is wrong. */
export interface NotedSettings extends Omit<Settings, "owner"> {
  /** The user that it names, if it names one. */
  readonly processOwner?: string | undefined;
}

/** Nothing is noted of the configuration as it is now, so a program has to read it that can. */
export class NotNotedError extends TproxyError {}

/**
 * A file may change twice within one tick of the kernel's clock, and look the same. So nothing is noted of a file that is younger,
 * in milliseconds.
 */
const YOUNGEST_MS = 2_000;

/**
 * A source that knows only what is noted.
 *
 * @param path The configuration file.
 * @returns The source. Reading it throws {@linkcode NotNotedError} if nothing is noted of the file as it is now.
 */
export function notedSettings(path: string): SettingsSource {
  return { path, read: () => readNoted(path) };
}

async function readNoted(path: string): Promise<Settings> {
  const [info, text, stamp] = await Promise.all([
    lstatIfThere(RUN_FILES.settings),
    readIfThere(RUN_FILES.settings),
    stampOf(path),
  ]);
  const noted = info?.isFile && info.uid === 0 ? parseNoted(text ?? "", path, stamp) : undefined;
  if (noted === undefined) throw new NotNotedError(`Nothing is noted of ${path}`, 'run "tproxy", which reads it then');
  return await withOwner(noted, log.warning);
}

/**
 * Looks up the user that a configuration names.
 *
 * @param settings What the configuration says.
 * @param warn Warns of a user that does not exist.
 * @returns How the daemons should run.
 * @throws {import("../run_command.ts").CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function withOwner(
  { processOwner, debugLevel, limits }: NotedSettings,
  warn: LogLine,
): Promise<Settings> {
  return { debugLevel, limits, owner: await findOwner(processOwner, warn) };
}

/**
 * Notes what a configuration says. The caller holds the lock of whoever starts daemons. Without the note, as on a full disk, the
 * next pass reads the configuration again.
 *
 * @param path The file.
 * @param stamp What {@linkcode stampOf} said before it was read.
 * @param settings What it says.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function noteSettings(path: string, stamp: string, settings: NotedSettings): Promise<void> {
  // Unlike the time of its contents, nobody can set this one.
  const changed = (await Deno.stat(path)).ctime?.getTime() ?? Infinity;
  if (Date.now() - changed < YOUNGEST_MS || await stampOf(path) !== stamp) return;
  try {
    await replaceFile(RUN_FILES.settings, renderNoted(path, stamp, settings), 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.debug("Cannot note the settings", { path: RUN_FILES.settings, error: describe(error) });
  }
}

/**
 * Renders what is noted.
 *
 * @param path The file.
 * @param stamp What {@linkcode stampOf} says of it.
 * @param settings What it says.
 * @returns A line of JSON.
 */
export function renderNoted(path: string, stamp: string, settings: NotedSettings): string {
  return `${JSON.stringify({ version: VERSION, path, stamp, ...settings })}\n`;
}

/**
 * Reads what is noted.
 *
 * @param text The text of the file.
 * @param path The configuration file.
 * @param stamp What {@linkcode stampOf} says of it.
 * @returns What is noted; `undefined` if it is of another file, of another version of the file or of this program, or damaged.
 */
export function parseNoted(text: string, path: string, stamp: string): NotedSettings | undefined {
  const value = parseJson(text);
  if (!isObject(value) || value["version"] !== VERSION || value["path"] !== path || value["stamp"] !== stamp) {
    return undefined;
  }
  const { processOwner, debugLevel } = value;
  const limits = checkLimits(value["limits"]);
  const isOwner = processOwner === undefined || typeof processOwner === "string";
  return limits !== undefined && isDebugLevel(debugLevel) && isOwner ? { processOwner, debugLevel, limits } : undefined;
}
