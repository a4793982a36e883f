/**
 * What OpenNebula's own driver, which makes the service maps with `--drop-in`, makes of the same file. It is less
 * strict than we are in places, stricter in others, and what it does not expect fails the start of a VM.
 *
 * @module
 */

import { CollectedView, type DriverView } from "./driver_view.ts";
import { ENTRY_KEYS, nearestEntryKey } from "./keys.ts";
import { toInteger, toRuby } from "./ruby_value.ts";
import { parseYaml } from "./yaml.ts";
import type { YamlKey, YamlValue } from "./yaml_value.ts";

/** `Resolv::IPv4::Regex`: four numbers without leading zeros. */
const IPV4 = /^(?:(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/;

/** What the driver reads of an entry. */
const DRIVER_KEYS = ["service_port", "remote_addr", "remote_port", "networks"];

const FAILS = "OpenNebula's driver fails the start of every VM";
const PASSES_OVER = "OpenNebula's driver passes the entry over";

/**
 * Reads a file as the driver does.
 *
 * @param text The file's text.
 * @param path Its name, for messages.
 * @returns What the driver makes of it.
 * @throws {import("../errors.ts").ConfigError} If it is not YAML.
 */
export function readAsDriver(text: string, path: string): DriverView {
  const view = new CollectedView();
  readFile(parseYaml(text, path), view);
  const { entries, problems, remarks } = view;
  return { entries, problems, remarks };
}

function readFile(root: YamlValue, view: CollectedView): void {
  const { refused } = root;
  if (refused !== undefined) {
    const { at, source: value } = refused;
    const advice =
      "with Ruby 3.1 and later OpenNebula's driver takes nothing of the whole file because of it; write it out, " +
      "or put quotes around it";
    view.problems.push({ at, key: "a value", value, advice });
    return;
  }
  const all = root.keys.filter(({ name }) => name === "tproxy");
  const last = all.filter(({ key }) => key.isSymbol).at(-1);
  for (const key of all.filter(({ key }) => !key.isSymbol)) {
    view.ofKey(view.problems, key, "OpenNebula's driver opens nothing of it; write :tproxy:");
  }
  if (last === undefined) return;
  const { kind } = toRuby(last.value);
  if (kind === "list") {
    for (const item of last.value.items ?? []) readEntry(item, view);
  } else if (kind !== "nil" && !(kind === "mapping" && last.value.keys.length === 0)) {
    view.problem(last.value, ":tproxy:", `${FAILS}; write a list`);
  }
}

function readEntry(entry: YamlValue, view: CollectedView): void {
  if (!entry.isMapping) return view.problem(entry, ":tproxy:", `${FAILS}; write an entry, or remove it`);
  for (const key of entry.keys) readKey(key, view);
  const get = (name: string) => entry.keys.filter(({ name: own, key }) => own === name && key.isSymbol).at(-1)?.value;
  const networks = readNetworks(get("networks"), view);
  const remoteAddr = readAddress(get("remote_addr"), view);
  const servicePort = readPort(get("service_port"), ":service_port:", view);
  const remotePort = readPort(get("remote_port"), ":remote_port:", view);
  if (networks === undefined || remoteAddr === undefined || servicePort === undefined || remotePort === undefined) {
    return;
  }
  view.entries.push({ line: entry.at.line, servicePort, remoteAddr, remotePort, networks });
}

/** Says what comes of a key that the driver does not see. */
function readKey(key: YamlKey, view: CollectedView): void {
  const { name } = key;
  const meant = ENTRY_KEYS.includes(name) ? name : nearestEntryKey(name);
  if (meant === undefined || meant === name && key.key.isSymbol && DRIVER_KEYS.includes(name)) return;
  if (!DRIVER_KEYS.includes(meant)) return view.ofKey(view.remarks, key, "OpenNebula's driver ignores it");
  const opens = "OpenNebula's driver does not see it and opens the service to every network; write :networks:";
  view.ofKey(view.problems, key, meant === "networks" ? opens : `${PASSES_OVER}; write :${meant}:`);
}

function readNetworks(value: YamlValue | undefined, view: CollectedView): string[] | undefined {
  const kind = value === undefined ? "nil" : toRuby(value).kind;
  // An empty mapping is an empty list to it.
  if (value === undefined || kind === "nil" || kind === "mapping" && value.keys.length === 0) return [];
  if (kind !== "list") {
    if (kind !== "mapping") view.problem(value, ":networks:", `${FAILS}; write a list: [${value.source}]`);
    else view.problem(value, ":networks:", `${PASSES_OVER}; write a list`);
    return undefined;
  }
  return (value.items ?? []).map((item) => {
    const ruby = toRuby(item);
    const isFloat = ruby.kind === "number" && item.source.includes(".");
    const text = "text" in ruby ? ruby.text : "number" in ruby && !isFloat ? String(ruby.number) : item.source;
    if (/^0\d+$/.test(text)) {
      view.problem(item, ":networks:", `OpenNebula's driver finds no ID that is written so; write ${BigInt(text)}`);
    } else if (/^\d+$/.test(text)) {
      view.remark(item, ":networks:", "OpenNebula's driver gives it to a network of this name, too");
    } else if (ruby.kind === "symbol") {
      view.problem(item, ":networks:", `OpenNebula's driver does not read it as this name; write ${text}`);
    }
    return text;
  });
}

function readAddress(value: YamlValue | undefined, view: CollectedView): string | undefined {
  const ruby = value === undefined ? { kind: "nil" } as const : toRuby(value);
  if (value === undefined || ruby.kind === "nil") return undefined;
  if ("text" in ruby && IPV4.test(ruby.text)) return ruby.text;
  const isText = ruby.kind === "string" || ruby.kind === "symbol";
  const why = ruby.kind === "list" ? ": it can't read a list" : "";
  const fails = "from Ruby 3.2 on it fails the start of the network's VMs";
  view.problem(value, ":remote_addr:", `${PASSES_OVER}${why}${isText ? "" : `; ${fails}`}; write one IPv4 address`);
  return undefined;
}

function readPort(value: YamlValue | undefined, key: string, view: CollectedView): number | undefined {
  const ruby = value === undefined ? { kind: "nil" } as const : toRuby(value);
  if (value === undefined || ruby.kind === "nil") return undefined;
  const number = toInteger(ruby);
  if (number === "invalid") view.problem(value, key, `${PASSES_OVER}; write a port`);
  else if (number === "raises" || number < 0 || number > 65535) {
    view.problem(value, key, "OpenNebula's driver fails the start of the network's VMs; write a port");
  } else {
    if (typeof value.scalar !== "number" && String(number) !== value.scalar) {
      view.problem(value, key, `OpenNebula's driver takes it for ${number}; write that, or what is meant`);
    }
    return number;
  }
  return undefined;
}
