/**
 * How the daemons should run, read from the configuration itself.
 *
 * @module
 */

import { type Config, describeProblem } from "../config/config.ts";
import { stampOf } from "../config/prepare_then_lock.ts";
import { readConfig } from "../config/read.ts";
import { ConfigError, describe } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { DEFAULT_DEBUG_LEVEL, log, type LogLine } from "../log.ts";
import { noteSettings, type Settings, type SettingsSource, withOwner } from "./settings.ts";

/**
 * A source that reads the configuration, and notes what it says unless something is wrong with it: that is a warning each time.
 *
 * @param path The configuration file.
 * @returns The source.
 */
export function configuredSettings(path: string): SettingsSource {
  let note = (): Promise<void> => Promise.resolve();
  const read = async (): Promise<Settings> => {
    const stamp = await stampOf(path);
    const { settings, config } = await readBoth(path);
    note = config === undefined ? () => Promise.resolve() : () => {
      const { processOwner, debugLevel, limits } = config;
      return noteSettings(path, stamp, { processOwner, debugLevel, limits });
    };
    return settings;
  };
  return { path, read, note: () => note() };
}

/**
 * Reads how the daemons should run. A configuration that can't be read is a warning only, since nft says what is served.
 *
 * @param path The configuration file.
 * @returns What it says, and defaults where it says nothing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it, and `--allow-run=/usr/bin/getent`.
 */
export async function readSettings(path: string): Promise<Settings> {
  return (await readBoth(path)).settings;
}

/** Reads the settings, and the configuration if nothing is wrong with it that is about them. */
async function readBoth(path: string): Promise<{ settings: Settings; config?: Config }> {
  try {
    const config = await readConfig(path);
    const problems = config.problems.filter(({ key }) => key.startsWith(":tproxy_"));
    for (const problem of problems) log.warning(describeProblem(path, problem));
    const settings = await settingsOf(config);
    const hasOwner = config.processOwner === undefined || settings.owner !== undefined;
    return { settings, ...(problems.length === 0 && hasOwner ? { config } : {}) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.warning(`${describe(error)}; going on with the default level, limits and user`);
    return { settings: await settingsOf(undefined) };
  }
}

/**
 * Finds out how the daemons should run by a configuration that has been read.
 *
 * @param config The configuration, or `undefined` if there is none.
 * @param warn Warns of a user that does not exist.
 * @returns What it says, by default where it says nothing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function settingsOf(config: Config | undefined, warn: LogLine = log.warning): Promise<Settings> {
  if (config === undefined) return { debugLevel: DEFAULT_DEBUG_LEVEL, limits: DEFAULT_LIMITS, owner: undefined };
  return await withOwner(config, warn);
}
