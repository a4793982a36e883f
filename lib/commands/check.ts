/**
 * `tproxy check`: the configuration against this host, and whether the network drivers call these programs. It looks at
 * neither daemons nor nft.
 *
 * @module
 */

import type { Answer } from "./answer.ts";
import { checkConfig } from "./check_config.ts";
import { renderErrorJson, renderJson } from "./check_json.ts";
import { renderErrorText, renderText } from "./check_text.ts";
import { readAsDriver } from "../config/as_driver.ts";
import { parseConfig } from "../config/parse.ts";
import { readConfigText } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve_name.ts";
import { once, type Resolve } from "../config/resolve_entry.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../errors.ts";
import { FAILED, OK } from "../exit_code.ts";
import { type BridgePlan, networksIn, planConfig } from "../setup/config_changes.ts";
import { selectGrants } from "../setup/grant.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import { readRecordFile } from "../setup/setup_record_file.ts";
import { codeOf } from "../error_code.ts";
import { findReplacedFiles } from "../health/installation.ts";
import { findUid } from "../daemon/user_database.ts";

/**
 * Checks the configuration file.
 *
 * @param path The file.
 * @param asDriver Whether to say as well what OpenNebula's own driver makes of it.
 * @returns What the file says, with its problems. The exit code is 0 if there is none, else 1.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file and `/run/one_tproxy`, and
 * `--allow-run=/usr/bin/getent`.
 */
export async function check(path: string, asDriver = false): Promise<Answer> {
  try {
    const resolve = once(resolveIpv4);
    const text = readConfigText(path);
    const config = await checkConfig(parseConfig(text, path), { resolve, uidOf: findUid });
    const kept = await findKept(config, resolve);
    const faults = findReplacedFiles();
    const found = { kept, faults, ...(asDriver ? { driver: readAsDriver(text, path) } : {}) };
    const wrong = config.problems.length + faults.length + (found.driver?.problems.length ?? 0);
    return {
      text: renderText(config, found),
      notes: [],
      json: renderJson(config, found),
      exitCode: wrong === 0 ? OK : FAILED,
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const notes = [renderErrorText("tproxy", error), ...(asDriver ? [DRIVER_DEFAULTS] : [])];
    return { text: "", notes, json: renderErrorJson(path, error), exitCode: FAILED };
  }
}

/** The driver's own reader rescues every error. */
const DRIVER_DEFAULTS =
  "OpenNebula's driver takes nothing of a file that it can't read, and starts VMs with its defaults";

/** Finds the services that stay in doubt when the configuration is applied to every recorded network. */
async function findKept(config: Config, resolve: Resolve): Promise<readonly BridgePlan[]> {
  if (config.entries === undefined) return [];
  const record = readRecordIfAllowed();
  const { grants } = await selectGrants(config, networksIn(record), resolve);
  return planConfig(record, grants, new Set(record.keys())).bridges;
}

/** Reads the record, which only root may. For anybody else the configuration is checked without what is served. */
function readRecordIfAllowed(): SetupRecord {
  try {
    return readRecordFile().bridges;
  } catch (error) {
    if (codeOf(error) !== "EACCES") throw error;
    return new Map();
  }
}
