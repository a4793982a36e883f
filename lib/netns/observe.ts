/**
 * Reading the kernel's state of one bridge, its veth pair and its namespace.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import type { BridgeNames } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { lstatIfThere } from "../run_dir.ts";

/** A network device, with the properties that are used here. */
export interface Link {
  /** Its name. */
  readonly name: string;
  /** Its interface index in its namespace. */
  readonly index: number;
  /** The interface index of a veth's peer, if the peer is in another namespace. */
  readonly peerIndex: number | undefined;
  /** The name of a veth's peer, if the peer is in the same namespace. */
  readonly peerName: string | undefined;
  /** `bridge`, `veth` and so on; `undefined` for physical devices. */
  readonly kind: string | undefined;
  /** The bridge it is a port of. */
  readonly master: string | undefined;
  /** Its MAC address, in lower case with colons. */
  readonly address: string | undefined;
  /** Its MTU, in bytes. */
  readonly mtu: number;
  /** Whether it is a bridge that filters by VLAN. */
  readonly vlanFiltering: boolean;
  /** Whether it is a bridge that runs the Spanning Tree Protocol. A new port of it carries nothing for a while. */
  readonly stp: boolean;
  /** Whether the device is up. */
  readonly up: boolean;
  /** Whether the device has a carrier. A veth end has one as long as its peer is up. */
  readonly carrier: boolean;
  /** The ID that this namespace has for the namespace of a veth's peer. */
  readonly peerNetns: number | undefined;
}

/** The state of a namespace: alive, absent, or broken (its file exists, but no namespace is mounted on it). */
export type NetnsState = { readonly state: "absent" | "broken" } | {
  readonly state: "alive";
  /** Its devices. */
  readonly links: readonly Link[];
};

/** The state that `setup` compares with the desired state. */
export interface Observed {
  /** The devices of the host namespace that are the bridge, its ports, or named like its veth ends. */
  readonly host: ReadonlyMap<string, Link>;
  /** The bridge's namespace. */
  readonly netns: NetnsState;
}

/**
 * Reads the state of one bridge and everything that belongs to it.
 *
 * @param names The bridge's names.
 * @param listed The devices of the host namespace, if they have been listed already.
 * @returns The state now.
 * @throws {CommandError} If ip fails.
 * @throws {KernelStateError} If ip's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function observe(
  names: BridgeNames,
  listed: Promise<readonly Link[]> = listLinks(),
): Promise<Observed> {
  const [links, netns] = await Promise.all([listed, observeNetns(names)]);
  const relevant = new Set<string>([names.bridge, names.bridgeEnd, names.netnsEnd]);
  const host = links.filter((link) => relevant.has(link.name) || link.master === names.bridge);
  return { host: new Map(host.map((link) => [link.name, link])), netns };
}

/**
 * Lists all devices of a network namespace.
 *
 * @param netns The name of the namespace; by default the one that this process is in.
 * @returns The devices.
 * @throws {CommandError} If ip fails.
 * @throws {KernelStateError} If ip's answer can't be read.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip`.
 */
export async function listLinks(netns?: string): Promise<Link[]> {
  const inside = netns === undefined ? [] : ["-n", netns];
  return parseLinks(await runCommand("ip", [...inside, "-j", "-d", "link", "show"]));
}

async function observeNetns(names: BridgeNames): Promise<NetnsState> {
  if (await lstatIfThere(names.netnsPath) === undefined) return { state: "absent" };
  try {
    return { state: "alive", links: await listLinks(names.netns) };
  } catch (error) {
    // setns(2) fails with EINVAL for a file that is not a namespace. A killed "ip netns add" leaves such a file.
    if (error instanceof CommandError && error.stderr.includes("Invalid argument")) return { state: "broken" };
    throw error;
  }
}

/**
 * Parses the answer of `ip -j -d link show`.
 *
 * @param json What ip printed.
 * @returns The devices.
 * @throws {KernelStateError} If it is not a list of devices.
 */
export function parseLinks(json: string): Link[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (cause) {
    throw new KernelStateError("Cannot read what ip listed: it is not JSON", "", { cause });
  }
  if (!Array.isArray(list)) throw new KernelStateError("Cannot read what ip listed: it is not a list of devices");
  return list.map((item) => {
    const { ifname, ifindex, mtu, master, address, link_index, link, link_netnsid, linkinfo, flags } = item ?? {};
    if (typeof ifname !== "string" || typeof ifindex !== "number" || typeof mtu !== "number") {
      throw new KernelStateError(`Cannot read what ip listed: a device has no name, number or MTU`);
    }
    const kind = linkinfo?.info_kind;
    const has = (flag: string) => Array.isArray(flags) && flags.includes(flag);
    return {
      ...{ name: ifname, index: ifindex, peerIndex: link_index, peerName: link, kind, master, address, mtu },
      vlanFiltering: linkinfo?.info_data?.vlan_filtering === 1,
      stp: kind === "bridge" && linkinfo?.info_data?.stp_state === 1,
      ...{ up: has("UP"), carrier: has("LOWER_UP"), peerNetns: link_netnsid },
    };
  });
}
