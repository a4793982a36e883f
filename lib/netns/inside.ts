/**
 * Reading the kernel's state of one bridge, its veth pair and its namespace, which takes one call of `ip` to look into.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import type { BridgeNames } from "../names_of.ts";
import { PROGRAMS } from "../programs.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { lstatIfThere } from "../run_dir.ts";
import { type Link, listLinks, parseLinks } from "./observe.ts";

/** The contents of a namespace, or the reason why there are none. */
export type Inside = { readonly state: "absent" | "broken" } | {
  readonly state: "alive";
  /** Its devices. */
  readonly links: readonly Link[];
  /** The IPv4 addresses of each device, with their prefix lengths, by the device's name. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The devices of its default routes that need no gateway. */
  readonly defaultDevices: readonly string[];
  /** The requested settings that this kernel has. */
  readonly sysctls: ReadonlyMap<string, string>;
};

/** The state that `setup` compares with the desired state. */
export interface Observed {
  /** The devices of the host namespace that are the bridge, its ports, or named like its veth ends. */
  readonly host: ReadonlyMap<string, Link>;
  /** The bridge's namespace. */
  readonly netns: Inside;
}

/**
 * Reads the state of one bridge and everything that belongs to it.
 *
 * @param names The bridge's names.
 * @param listed The devices of the host namespace.
 * @param sysctls The keys of the settings of the namespace to read; none by default.
 * @returns The state now.
 * @throws {CommandError} If ip or sysctl fails.
 * @throws {KernelStateError} If ip's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function observe(
  names: BridgeNames,
  listed: Promise<readonly Link[]> = listLinks(),
  sysctls: readonly string[] = [],
): Promise<Observed> {
  const [links, netns] = await Promise.all([listed, lookInside(names, sysctls)]);
  const relevant = new Set<string>([names.bridge, names.bridgeEnd, names.netnsEnd]);
  const host = links.filter((link) => relevant.has(link.name) || link.master === names.bridge);
  return { host: new Map(host.map((link) => [link.name, link])), netns };
}

/**
 * Looks into a bridge's namespace.
 *
 * @param names The bridge's names.
 * @param sysctls The keys of the settings to read.
 * @returns The contents of the namespace.
 * @throws {CommandError} If ip or sysctl fails.
 * @throws {KernelStateError} If ip's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function lookInside({ netns, netnsPath }: BridgeNames, sysctls: readonly string[]): Promise<Inside> {
  if (lstatIfThere(netnsPath) === undefined) return { state: "absent" };
  // The settings come first, because sysctl prints them at once, and ip prints its own answers only when it ends.
  const settings = sysctls.length === 0 ? [] : [`netns exec ${netns} ${PROGRAMS.sysctl.path} -e ${sysctls.join(" ")}`];
  const lines = [...settings, "address show", "route show"];
  try {
    const stdin = lines.map((line) => `${line}\n`).join("");
    return parseInside(await runCommand("ip", ["-n", netns, "-j", "-d", "-batch", "-"], { stdin }));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // The file exists, but no namespace is mounted on it: a killed "ip netns add" leaves such a file.
    if (error.stderr.includes("Invalid argument")) return { state: "broken" };
    if (error.stderr.includes("Cannot open network namespace")) return { state: "absent" };
    throw error;
  }
}

/**
 * Parses the answer of that call: a line for each setting, a line of JSON with the devices and one with the routes.
 *
 * @param text What ip printed.
 * @returns The contents of the namespace.
 * @throws {KernelStateError} If it is anything else.
 */
export function parseInside(text: string): Inside {
  const lines = text.split("\n");
  const [addressed, routed, ...more] = lines.filter((line) => line.startsWith("["));
  if (addressed === undefined || routed === undefined || more.length > 0) {
    throw new KernelStateError("Cannot read what ip listed: it is not one line of addresses and one of routes");
  }
  const pairs = lines.map((line) => /^(net\.\S+) = (.*)$/.exec(line)).filter((match) => match !== null);
  return {
    state: "alive",
    links: parseLinks(addressed),
    addresses: new Map(listOf(addressed).map(({ ifname, addr_info }) => [ifname, ipv4Of(addr_info)])),
    defaultDevices: listOf(routed).filter(({ dst, scope }) => dst === "default" && scope === "link").map(({ dev }) =>
      dev
    ),
    sysctls: new Map(pairs.map(([, key = "", value = ""]) => [key, spaced(value)])),
  };
}

/** The fields of ip's JSON that are used here. */
interface Item {
  readonly ifname: string;
  readonly addr_info?: readonly { family?: string; local?: string; prefixlen?: number }[];
  readonly dst?: string;
  readonly scope?: string;
  readonly dev: string;
}

function listOf(json: string): Item[] {
  try {
    const list = JSON.parse(json);
    if (Array.isArray(list)) return list;
  } catch (cause) {
    throw new KernelStateError("Cannot read what ip listed: it is not JSON", "", { cause });
  }
  throw new KernelStateError("Cannot read what ip listed: it is not a list");
}

function ipv4Of(addresses: Item["addr_info"] = []): string[] {
  return addresses.filter(({ family }) => family === "inet").map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

/** Writes a value with single spaces. The kernel separates numbers by tabs. */
export function spaced(value: string): string {
  return value.trim().replaceAll(/\s+/g, " ");
}
