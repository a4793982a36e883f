/**
 * `tproxy check`: the configuration against this host, and whether the network drivers call these programs. Read-only, and
 * neither a daemon nor nft is looked at.
 *
 * @module
 */

import { checkConfig } from "./check_config.ts";
import { renderErrorJson, renderErrorText, renderJson, renderText } from "./check_text.ts";
import { readConfig } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve.ts";
import { once } from "../config/select.ts";
import { ConfigError } from "../errors.ts";
import { FAILED, OK } from "../exit_code.ts";
import { findKept } from "../setup/keep.ts";
import type { SetupRecord } from "../setup/record.ts";
import { readRecordFile } from "../setup/record_file.ts";
import { codeOf } from "../regular_file.ts";
import { findReplacedFiles } from "../health/installation.ts";
import { findUid } from "../daemon/owner.ts";

/** What to print, and how to exit. */
export interface CheckResult {
  /** For standard output, without the last newline; may be empty. */
  readonly stdout: string;
  /** For standard error, likewise. */
  readonly stderr: string;
  /** 0 if there is no problem, else 1. */
  readonly exitCode: number;
}

/**
 * Checks the configuration file.
 *
 * @param path The file.
 * @param json Whether the answer is for a script.
 * @returns What to print, and how to exit.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file and `/run/one_tproxy`, and
 * `--allow-run=/usr/bin/getent`.
 */
export async function check(path: string, json: boolean): Promise<CheckResult> {
  try {
    const resolve = once(resolveIpv4);
    const config = await checkConfig(await readConfig(path), { resolve, uidOf: findUid });
    const kept = await findKept(config, readRecordIfAllowed(), resolve);
    const faults = findReplacedFiles();
    const exitCode = config.problems.length + faults.length === 0 ? OK : FAILED;
    const stdout = json ? renderJson(config, kept, faults) : renderText(config, kept, faults);
    return { stdout, stderr: "", exitCode };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return json
      ? { stdout: renderErrorJson(path, error), stderr: "", exitCode: FAILED }
      : { stdout: "", stderr: renderErrorText("tproxy", error), exitCode: FAILED };
  }
}

/** Only root may read the record. Anybody else has the configuration checked without what is served. */
function readRecordIfAllowed(): SetupRecord {
  try {
    return readRecordFile().bridges;
  } catch (error) {
    if (codeOf(error) !== "EACCES") throw error;
    return new Map();
  }
}
