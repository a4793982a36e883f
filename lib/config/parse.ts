/**
 * The text of `OpenNebulaNetwork.conf` becomes a typed configuration. Whatever is wrong with an entry is reported and
 * takes only that entry away; every other key of the file is somebody else's.
 *
 * @module
 */

import { OPTIONS } from "../limits.ts";
import { DEFAULT_DEBUG_LEVEL, isDebugLevel } from "../log.ts";
import type { Config, Doubt, Problem } from "./config.ts";
import { parseEntry } from "./parse_entry.ts";
import { checkFileKeys, checkSymbols, glued } from "./parse_keys.ts";
import { parseLimits } from "./parse_limits.ts";
import { getOne, parseBoolean, type Report, toNumber, wrong } from "./values.ts";
import { parseYaml } from "./yaml.ts";
import type { YamlValue } from "./yaml_value.ts";

/**
 * Parses the configuration.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns What is good in it, and a list of what is not.
 * @throws {import("../errors.ts").ConfigError} If it is not YAML.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseConfig } from "@one/tproxy";
 *
 * const text = ":tproxy:\n- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";
 * const { entries, problems } = parseConfig(text, "a.conf");
 * assert.equal(entries?.[0]?.servicePort, 5030);
 * assert.deepEqual(problems, []);
 * ```
 */
export function parseConfig(text: string, path: string): Config {
  const root = parseYaml(text, path);
  const [problems, remarks]: [Problem[], Problem[]] = [[], []];
  const report: Report = (problem) => void problems.push(problem);
  const remark: Report = (problem) => void remarks.push(problem);
  checkFile(root, text, report);
  checkFileKeys(root, report);
  return {
    path,
    debugLevel: parseLevel(getOne(root, "tproxy_debug_level", report), report),
    ...parseOwner(getOne(root, "tproxy_process_owner", report), report),
    followConfig: parseBoolean(root, "tproxy_follow_config", report) ?? true,
    limits: parseLimits(root, report),
    redirect: parseBoolean(root, `tproxy_${OPTIONS.redirect.word}`, report) ?? true,
    ...parseEntries(root, report, remark),
    problems,
    remarks,
  };
}

/** Reports what makes our keys, or all keys, go unread although they seem to be there. */
function checkFile(root: YamlValue, text: string, report: Report): void {
  const key = "the file";
  // Decoding has put a replacement character where it found no UTF-8.
  const lines = text.slice(0, text.indexOf("\ufffd") + 1).split("\n");
  const at = { line: lines.length, column: lines.at(-1)?.length ?? 1 };
  const advice = "expected UTF-8 throughout, or the network drivers can't read it";
  if (text.includes("\ufffd")) report({ at, key, value: "in another encoding here", advice });
  if (!root.isMapping) {
    report(glued(root) ?? { at: root.at, key, value: kindOf(root), advice: "expected keys with values" });
  }
  const next = root.nextDocument;
  if (next !== undefined) {
    const advice = "expected a single one, since only the first counts";
    report({ at: next, key, value: "more than one YAML document", advice });
  }
}

/**
 * Tells what a file holds that has no keys. None of its text: whoever may run `setup` by sudo(8) names the file, which
 * may be another one that only root can read.
 */
function kindOf(root: YamlValue): string {
  if (root.items !== undefined) return "a list";
  return root.scalar === null ? "empty" : "a text";
}

function parseLevel(value: YamlValue | undefined, report: Report): Config["debugLevel"] {
  if (value === undefined || value.scalar === null) return DEFAULT_DEBUG_LEVEL;
  const level = toNumber(value);
  if (isDebugLevel(level)) return level;
  report(wrong(value, ":tproxy_debug_level:", "0, 1, 2 or 3"));
  return DEFAULT_DEBUG_LEVEL;
}

function parseOwner(
  value: YamlValue | undefined,
  report: Report,
): Pick<Config, "processOwner" | "processOwnerAt"> {
  if (value === undefined || value.scalar === null) return {};
  // useradd(8): what Debian and the Enterprise Linux family accept as a user name.
  if (typeof value.scalar === "string" && /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(value.scalar)) {
    return { processOwner: value.scalar, processOwnerAt: value.at };
  }
  report(wrong(value, ":tproxy_process_owner:", "the name of a user of this host"));
  return {};
}

/** What `:tproxy:` comes to. */
type Entries = Pick<Config, "entries" | "doubts">;

function parseEntries(root: YamlValue, report: Report, remark: Report): Entries {
  const value = getOne(root, "tproxy", report);
  const items = value?.items ?? [];
  checkSymbols(root, items, remark);
  const isList = value === undefined || value.scalar === null || value.items !== undefined;
  if (!isList) report(glued(value) ?? wrong(value, ":tproxy:", "a list of entries"));
  const parsed = items.map((item) => parseEntry(item, report, remark));
  return {
    entries: value && parsed.flatMap(({ entry }) => entry ?? []),
    doubts: [
      ...passedOver(root),
      ...parsed.flatMap(({ doubt }) => doubt ?? []),
      ...(isList ? [] : [{ at: value.at }]),
      // Whatever begins the second document may have been put in by mistake, and entries may be behind it.
      ...(root.nextDocument === undefined ? [] : [{ at: root.nextDocument }]),
    ],
  };
}

/** The entries of each `:tproxy:` that a later one takes the place of, which is more often a mistake than a wish. */
function passedOver(root: YamlValue): Doubt[] {
  const ignore = () => {};
  return root.getAll("tproxy").slice(0, -1).flatMap(({ items = [] }) => items).flatMap((item) => {
    const { entry, doubt } = parseEntry(item, ignore, ignore);
    return doubt ??
      (entry === undefined ? [] : { at: entry.at, servicePort: entry.servicePort, networks: entry.networks });
  });
}
