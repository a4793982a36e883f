/**
 * Listing network devices.
 *
 * @module
 */

import { KernelStateError } from "../errors.ts";
import { runCommand } from "../run_command.ts";

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
