/**
 * The text of `OpenNebulaNetwork.conf` becomes a typed configuration. Whatever is wrong with an entry is reported and
 * takes only that entry away; every other key of the file is somebody else's.
 *
 * @module
 */

import { DEFAULT_DEBUG_LEVEL, isDebugLevel } from "../log.ts";
import type { Config, ConfigEntry, Problem } from "./config.ts";
import { parseEntry } from "./parse_entry.ts";
import { parseLimits } from "./parse_limits.ts";
import { getOne, type Report, toNumber, wrong } from "./values.ts";
import { parseYaml, type YamlValue } from "./yaml.ts";

export { isDiallable } from "./parse_entry.ts";

/**
 * Parses the configuration.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns What is good in it, and a list of what is not.
 * @throws {import("../errors.ts").ConfigError} If it is not YAML.
 */
export function parseConfig(text: string, path: string): Config {
  const root = parseYaml(text, path);
  const problems: Problem[] = [];
  const report: Report = (problem) => void problems.push(problem);
  checkFile(root, text, report);
  return {
    path,
    debugLevel: parseLevel(getOne(root, "tproxy_debug_level", report), report),
    ...parseOwner(getOne(root, "tproxy_process_owner", report), report),
    limits: parseLimits(root, report),
    entries: parseEntries(getOne(root, "tproxy", report), report),
    problems,
  };
}

/** Reports what makes our keys, or all keys, go unread although they seem to be there. */
function checkFile(root: YamlValue, text: string, report: Report): void {
  const key = "the file";
  // Decoding has put a replacement character where it found no UTF-8.
  const lines = text.slice(0, text.indexOf("\ufffd") + 1).split("\n");
  const at = { line: lines.length, column: lines.at(-1)?.length ?? 1 };
  const expected = "UTF-8 throughout, or the network drivers can't read it";
  if (text.includes("\ufffd")) report({ at, key, value: "in another encoding here", expected });
  if (!root.isMapping && root.scalar !== null) report(wrong(root, key, "keys with values"));
  const next = root.nextDocument;
  if (next !== undefined) {
    const expected = "a single one, since only the first counts";
    report({ at: next, key, value: "more than one YAML document", expected });
  }
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

function parseEntries(value: YamlValue | undefined, report: Report): ConfigEntry[] | undefined {
  if (value === undefined) return undefined;
  if (value.scalar === null) return [];
  const items = value.items;
  if (items === undefined) {
    report(wrong(value, ":tproxy:", "a list of entries"));
    return [];
  }
  return items.map((item) => parseEntry(item, report)).filter((entry) => entry !== undefined);
}
