/**
 * What `tproxy check` prints for people. Pure.
 *
 * @module
 */

import { addressesOf, remoteOf } from "../address.ts";
import { type ConfigError, describe } from "../errors.ts";
import { describeFault, type Fault } from "../fault.ts";
import { DEFAULT_LIMITS, LIMIT_NAMES, type Limits } from "../limits.ts";
import { renderLimit, renderOptions } from "../limits_codec.ts";
import { GUEST_ADDRESS } from "../names.ts";
import type { BridgePlan } from "../setup/config_changes.ts";
import { renderTable } from "../table.ts";
import type { CheckedConfig, CheckedEntry } from "./check_config.ts";
import { describeKept, nameNetwork } from "./describe_network.ts";
import type { DriverView } from "../config/driver_view.ts";
import { describeProblem, printable } from "../config/config.ts";
import { YamlError } from "../config/yaml_error.ts";

/** The names of the debug levels in the user document. */
const LEVELS = { 0: "ERROR", 1: "WARNING", 2: "INFO", 3: "DEBUG" } as const;

/** How many characters of the file's line are shown on either side of the caret. */
const WINDOW = 60;

/** What there is to be said besides what is in the configuration. */
export interface Found {
  /** The services that stay as they are, since their entries can't be used. */
  readonly kept?: readonly Pick<BridgePlan, "bridge" | "kept">[];
  /** What is wrong besides the configuration. */
  readonly faults?: readonly Fault[];
  /** What OpenNebula's own driver makes of the file, if somebody has asked. */
  readonly driver?: DriverView;
}

/**
 * Renders a checked configuration for people.
 *
 * @param config The configuration.
 * @param found What there is to be said besides.
 * @returns The settings, a table of the entries, remarks, problems, faults, the services that stay, and how many
 * problems and remarks there are.
 */
export function renderText(
  config: CheckedConfig,
  { kept = [], faults = [], driver }: Found = {},
): string {
  const { path, debugLevel, processOwner, followConfig, limits, redirect, entries, problems, remarks } = config;
  const settings = renderTable([
    ["file", path],
    ["debug level", `${debugLevel} (${LEVELS[debugLevel]})`],
    ["process owner", processOwner ?? "a user of its own for each proxy (default)"],
    ["limits", renderLimits(limits)],
    ...(redirect ? [] : [["redirect", `no: a guest needs a route to ${GUEST_ADDRESS}`]]),
    ...(followConfig ? [] : [["followed", 'no: a change takes "tproxy apply"']]),
  ]);
  const blocks = [settings, renderEntries(entries)];
  for (const found of [remarks, problems]) {
    if (found.length > 0) blocks.push(found.map((problem) => describeProblem(path, problem)));
  }
  if (faults.length > 0) blocks.push(faults.map(describeFault));
  if (kept.length > 0) blocks.push(describeKept(kept, path));
  if (driver !== undefined) blocks.push(...renderDriver(driver, path));
  const counts = [count(problems.length + faults.length + (driver?.problems.length ?? 0), "problem")];
  const remarked = remarks.length + (driver?.remarks.length ?? 0);
  if (remarked > 0) counts.push(count(remarked, "remark"));
  blocks.push([counts.join(", ")]);
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function renderDriver({ entries, problems, remarks }: DriverView, path: string): string[][] {
  const rows = entries.map(({ servicePort, remoteAddr, remotePort, networks, line }) => {
    const names = networks.map((name) => nameNetwork({ name })).join(", ");
    return [`${servicePort}`, `${printable(remoteAddr)}:${remotePort}`, names || "all", `${line}`];
  });
  const table = renderTable([["service port", "remote", "networks", "line"], ...rows]);
  const found = [...remarks, ...problems].map((problem) => describeProblem(path, problem));
  return [
    rows.length === 0
      ? ["OpenNebula's own driver makes nothing of it"]
      : ["what OpenNebula's own driver makes of it, of one service port the first:", ...table],
    ...(found.length === 0 ? [] : [found]),
  ];
}

function count(found: number, what: string): string {
  return `${found || "no"} ${what}${found === 1 ? "" : "s"}`;
}

/** Renders the limits that differ from their defaults. */
function renderLimits(limits: Limits): string {
  const changed = LIMIT_NAMES.filter((name) => limits[name] !== DEFAULT_LIMITS[name]);
  return changed.map((name) => renderLimit(name, limits[name])).join(" ") || "default";
}

function renderEntries(entries: readonly CheckedEntry[] | undefined): string[] {
  if (entries === undefined) return ["the feature is not configured: the file has no :tproxy: key"];
  if (entries.length === 0) return ["no service is configured: no network gets a proxy"];
  const hasOptions = entries.some(({ options }) => options !== undefined);
  const rows = entries.map((entry) => [
    `${entry.servicePort}`,
    renderRemote(entry),
    entry.networks.length === 0 ? "all" : entry.networks.map(nameNetwork).join(", "),
    `${entry.at.line}`,
    ...(hasOptions ? [renderOptions(entry.options ?? {})] : []),
  ]);
  return renderTable([["service port", "remote", "networks", "line", ...(hasOptions ? ["options"] : [])], ...rows]);
}

function renderRemote({ answers, ...entry }: CheckedEntry): string {
  return addressesOf(entry).map((remoteAddr, i) => {
    const known = answers[i] === remoteAddr ? "" : ` (${answers[i] ?? "does not resolve"})`;
    return `${remoteOf({ ...entry, remoteAddr })}${known}`;
  }).join(", ");
}

/**
 * Renders why a configuration can't be used at all, for people.
 *
 * @param program The name of the program.
 * @param error The error.
 * @returns The line that every program prints for an error. If the file is not YAML, the line of the file and a caret
 * follow.
 */
export function renderErrorText(program: string, error: ConfigError): string {
  const message = `${program}: error: ${describe(error)}`;
  if (!(error instanceof YamlError)) return message;
  const { at, line } = error;
  const number = `${at.line}`;
  // A long line is cut to what is around the column. Tabs stay, so that the caret is below it.
  const start = Math.max(0, at.column - 1 - WINDOW);
  const before = line.slice(start, at.column - 1).replaceAll(/[^\t]/g, " ");
  const shown = line.slice(start, at.column - 1 + WINDOW);
  return `${message}\n${number} | ${shown}\n${" ".repeat(number.length)} | ${before}^`;
}
