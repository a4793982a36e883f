/**
 * `tproxy check`: the configuration against this host, and whether the network drivers call these programs. It looks at neither
 * daemons nor nft.
 *
 * @module
 */

import type { Answer } from "./answer.ts";
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

/**
 * Checks the configuration file.
 *
 * @param path The file.
 * @returns What the file says, with its problems. The exit code is 0 if there is none, else 1.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file and `/run/one_tproxy`, and
 * `--allow-run=/usr/bin/getent`.
 */
export async function check(path: string): Promise<Answer> {
  try {
    const resolve = once(resolveIpv4);
    const config = await checkConfig(await readConfig(path), { resolve, uidOf: findUid });
    const kept = await findKept(config, readRecordIfAllowed(), resolve);
    const faults = findReplacedFiles();
    const exitCode = config.problems.length + faults.length === 0 ? OK : FAILED;
    return { text: renderText(config, kept, faults), notes: [], json: renderJson(config, kept, faults), exitCode };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const notes = [renderErrorText("tproxy", error)];
    return { text: "", notes, json: renderErrorJson(path, error), exitCode: FAILED };
  }
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
