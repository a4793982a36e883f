/**
 * How the daemons should run, by the configuration.
 *
 * @module
 */

import { type Config, describeProblem } from "../config/config.ts";
import type { ConfigSource } from "../config/noted.ts";
import { ConfigError, describe } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { type DebugLevel, DEFAULT_DEBUG_LEVEL, log, type LogLine } from "../log.ts";
import type { Owner } from "./owner.ts";
import { findOwner } from "./user_database.ts";

/** How the daemons should run. */
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
  /** Notes the configuration for later programs; called under the lock of `setup`. */
  readonly note?: () => Promise<void>;
}

/**
 * Takes the settings of a pass from a configuration.
 *
 * @param source The configuration.
 * @returns The source of the settings.
 */
export function settingsFrom(source: ConfigSource): SettingsSource {
  return { ...source, read: () => readSettings(source) };
}

/**
 * Reads how the daemons should run. A configuration that can't be read is a warning only, since nft says what is served.
 *
 * @param source The configuration.
 * @returns What it says, and defaults where it says nothing.
 * @throws {import("../errors.ts").NotNotedError} If the source knows only what is noted, and this is not.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it, and `--allow-run=/usr/bin/getent`.
 */
export async function readSettings(source: ConfigSource): Promise<Settings> {
  let config: Config;
  try {
    config = await source.read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.warning(`${describe(error)}; going on with the default level, limits and user`);
    return await settingsOf(undefined);
  }
  const problems = config.problems.filter(({ key }) => key.startsWith(":tproxy_"));
  for (const problem of problems) log.warning(describeProblem(source.path, problem));
  return await settingsOf(config);
}

/**
 * Finds out how the daemons should run by a configuration that has been read.
 *
 * @param config The configuration, or `undefined` if there is none.
 * @param warn Warns of a user that does not exist.
 * @returns What it says, by default where it says nothing.
 * @throws {import("../run_command.ts").CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function settingsOf(config: Config | undefined, warn: LogLine = log.warning): Promise<Settings> {
  if (config === undefined) return { debugLevel: DEFAULT_DEBUG_LEVEL, limits: DEFAULT_LIMITS, owner: undefined };
  const { debugLevel, limits, processOwner } = config;
  return { debugLevel, limits, owner: await findOwner(processOwner, warn) };
}
