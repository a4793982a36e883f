/**
 * What `tproxy check --json` prints. Pure.
 *
 * @module
 */

import { addressesOf } from "../address.ts";
import type { Problem } from "../config/config.ts";
import { YamlError } from "../config/yaml_error.ts";
import { type ConfigError, describe } from "../errors.ts";
import type { CheckedConfig } from "./check_config.ts";
import type { Found } from "./check_text.ts";

/**
 * Renders a checked configuration for scripts.
 *
 * @param config The configuration.
 * @param found What there is to be said besides.
 * @returns One JSON object in one line.
 */
export function renderJson(
  config: CheckedConfig,
  { kept = [], faults = [], driver }: Found = {},
): string {
  const { path, debugLevel, processOwner, followConfig, limits, redirect, entries, problems, remarks } = config;
  const fields = ({ at, key, value, advice }: Problem) => ({ ...at, key, value: value ?? null, advice });
  return JSON.stringify({
    file: path,
    debugLevel,
    processOwner: processOwner ?? null,
    followConfig,
    limits,
    redirect,
    configured: entries !== undefined,
    entries: (entries ?? []).map(({ at, servicePort, remotePort, answers, networks, options, ...addresses }) => {
      const [first, ...backups] = addressesOf(addresses).map((remoteAddr, i) => {
        return { remoteAddr, address: answers[i] ?? null };
      });
      return { line: at.line, servicePort, ...first, backups, remotePort, networks, options: options ?? {} };
    }),
    problems: problems.map(fields),
    remarks: remarks.map(fields),
    kept: kept.flatMap(({ bridge, kept }) =>
      kept.map(({ network, endpoint: { servicePort, remoteAddr, remotePort, backupAddrs = [] }, at }) => {
        return { bridge, network, servicePort, remoteAddr, backupAddrs, remotePort, line: at.line };
      })
    ),
    faults,
    ...(driver === undefined ? {} : {
      driver: { ...driver, problems: driver.problems.map(fields), remarks: driver.remarks.map(fields) },
    }),
  });
}

/**
 * Renders why a configuration can't be used at all, for scripts.
 *
 * @param path The file.
 * @param error The error.
 * @returns One JSON object in one line. If the file is not YAML, it has the position and the line of the file.
 */
export function renderErrorJson(path: string, error: ConfigError): string {
  const details = error instanceof YamlError
    ? { ...error.at, message: error.reason, text: error.line }
    : { message: describe(error) };
  return JSON.stringify({ file: path, error: details });
}
