/**
 * The settings of the network stack of a bridge's namespace.
 *
 * @module
 */

import type { BridgeNames } from "../names_of.ts";
import { PROGRAMS } from "../programs.ts";
import { runCommand } from "../run_command.ts";
import { spaced } from "./inside.ts";

/**
 * The settings, `key=value`. They are set before the veth end moves in, since a device takes the defaults of its
 * namespace when it arrives. A setting that the kernel does not have is ignored.
 */
export const NETNS_SYSCTLS: readonly string[] = [
  // The namespace forwards nothing from guest to guest. These come first, because they reset other settings.
  "net.ipv4.ip_forward=0",
  "net.ipv6.conf.all.forwarding=0",
  // It accepts no redirects and no router advertisements.
  "net.ipv4.conf.all.accept_redirects=0",
  "net.ipv4.conf.default.accept_redirects=0",
  "net.ipv6.conf.all.accept_ra=0",
  "net.ipv6.conf.default.accept_ra=0",
  // It answers ARP for an address of /32. A namespace may inherit another value from its host.
  "net.ipv4.conf.all.arp_ignore=0",
  "net.ipv4.conf.default.arp_ignore=0",
  // It announces a new MAC address to guests.
  "net.ipv4.conf.all.arp_notify=1",
  // An unprivileged proxy may listen on ports below 1024.
  "net.ipv4.ip_unprivileged_port_start=0",
  // Connections that a proxy has not accepted go to its successor (Linux 5.14).
  "net.ipv4.tcp_migrate_req=1",
  // A connection buffers half a megabyte each way at most, which is enough on one machine. With more, a guest that
  // opens a thousand connections and never reads could use up the memory of the host's TCP.
  "net.ipv4.tcp_rmem=4096 131072 524288",
  "net.ipv4.tcp_wmem=4096 16384 524288",
];

/** The keys of {@linkcode NETNS_SYSCTLS}. */
export const SYSCTL_KEYS: readonly string[] = NETNS_SYSCTLS.map((setting) => setting.split("=")[0] ?? "");

/** Options of sysctl(8): ignore unknown keys, print nothing, write. */
const SET = ["-e", "-q", "-w"];

/**
 * Finds settings with a wrong value. A setting that this kernel does not have is left out.
 *
 * @param found The settings as they are.
 * @param wanted The settings as they should be; {@linkcode NETNS_SYSCTLS} by default.
 * @returns What each of them is.
 */
export function findDiffering(
  found: ReadonlyMap<string, string>,
  wanted: readonly string[] = NETNS_SYSCTLS,
): string[] {
  return wanted.flatMap((setting) => {
    const [key = "", value = ""] = setting.split("=");
    const is = found.get(key);
    return is === undefined || is === spaced(value) ? [] : [`${key} is ${is}`];
  });
}

/**
 * Renders the command that sets {@linkcode NETNS_SYSCTLS}: all of them, since some reset others.
 *
 * @param names The bridge's names.
 * @returns A line for `ip -batch` in the host namespace.
 */
export function setLine({ netns }: BridgeNames): string {
  const settings = NETNS_SYSCTLS.map((setting) => `"${setting}"`);
  return ["netns exec", netns, PROGRAMS.sysctl.path, ...SET, ...settings].join(" ");
}

/**
 * Sets {@linkcode NETNS_SYSCTLS} in the namespace. Calling it twice does no harm.
 *
 * @param names The bridge's names.
 * @throws {CommandError} If ip or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip`.
 */
export async function setNetnsSysctls({ netns }: BridgeNames): Promise<void> {
  await runCommand("ip", ["netns", "exec", netns, PROGRAMS.sysctl.path, ...SET, ...NETNS_SYSCTLS]);
}
