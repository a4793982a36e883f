/**
 * One bridge's veth pair and namespace, made and removed with as few processes as it can be done with.
 *
 * @module
 */

import type { BridgeNames } from "../names.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { observe } from "./observe.ts";
import { planDown, planUp } from "./plan.ts";
import { setVlans, vlansOf } from "./vlan_record.ts";

/**
 * What the namespace's network stack must know before the veth moves in, since a device takes over its namespace's
 * defaults when it arrives, and a namespace takes over its host's: forward nothing from guest to guest, nor listen to
 * redirects and router advertisements; answer ARP for an address of /32, and announce to guests that it has another MAC
 * address; let an unprivileged proxy listen on ports under 1024; hand connections that nobody accepted yet to a proxy's
 * successor (Linux 5.14); and keep no more than half a megabyte each way for a connection, which no throughput on one machine
 * needs, but with which a guest that sends on a thousand of them, or never reads, could fill what the host's TCP has in all.
 * What a kernel does not know it ignores. Forwarding comes first, because it puts other settings back.
 */
export const NETNS_SYSCTLS: readonly string[] = [
  "net.ipv4.ip_forward=0",
  "net.ipv6.conf.all.forwarding=0",
  "net.ipv4.conf.all.accept_redirects=0",
  "net.ipv4.conf.default.accept_redirects=0",
  "net.ipv6.conf.all.accept_ra=0",
  "net.ipv6.conf.default.accept_ra=0",
  "net.ipv4.conf.all.arp_ignore=0",
  "net.ipv4.conf.default.arp_ignore=0",
  "net.ipv4.conf.all.arp_notify=1",
  "net.ipv4.ip_unprivileged_port_start=0",
  "net.ipv4.tcp_migrate_req=1",
  "net.ipv4.tcp_rmem=4096 131072 524288",
  "net.ipv4.tcp_wmem=4096 16384 524288",
];

/**
 * Makes one bridge's veth pair and namespace what they should be. If they were not there at all and something fails,
 * nothing is left behind.
 *
 * @param names The bridge's names.
 * @param then What has to work as well for the whole to be done.
 * @returns What that returns.
 * @throws {import("../errors.ts").KernelStateError} If there is no such bridge, or a device under our names is not ours.
 * @throws {CommandError} If ip, bridge or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and bridge, and `--allow-read` for `/run/netns` and
 * `/run/one_tproxy`.
 */
export async function ensureLinks<T>(names: BridgeNames, then: () => Promise<T>): Promise<T> {
  const observed = await observe(names);
  const plan = planUp(names, observed);
  const vlans = await vlansOf(names, observed.host);
  const isNew = observed.netns.state === "absent" && !observed.host.has(names.bridgeEnd);
  try {
    if (plan.removeNetns) await runCommand("ip", ["netns", "delete", names.netns]);
    if (plan.addNetns) await runCommand("ip", ["netns", "add", names.netns]);
    await setNetnsSysctls(names);
    await batch(["-n", names.netns], plan.netnsBefore);
    if (plan.isNewPort && vlans.length > 0) {
      await batch([], plan.host);
      await setVlans(names.bridgeEnd, vlans);
      await batch([], plan.hostAfter);
    } else {
      await batch([], [...plan.host, ...plan.hostAfter]);
    }
    await batch(["-n", names.netns], plan.netns);
    const result = await then();
    await batch(["-n", names.netns], plan.announced);
    return result;
  } catch (error) {
    if (isNew) await removeLinks(names);
    throw error;
  }
}

/**
 * Sets what the namespace's network stack must know; harmless where it does already.
 *
 * @param names The bridge's names.
 * @throws {CommandError} If ip or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip`.
 */
export async function setNetnsSysctls(names: BridgeNames): Promise<void> {
  await runCommand("ip", ["netns", "exec", names.netns, "/usr/sbin/sysctl", "-e", "-q", "-w", ...NETNS_SYSCTLS]);
}

/**
 * Removes one bridge's veth pair and namespace. Nothing there is fine.
 *
 * @param names The bridge's names; the bridge itself may be gone.
 * @throws {CommandError} If ip fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function removeLinks(names: BridgeNames): Promise<void> {
  const observed = await observe(names);
  const { netnsBefore, host } = planDown(names, observed);
  await batch(["-n", names.netns], netnsBefore);
  await batch([], host);
  if (observed.netns.state !== "absent") await runCommand("ip", ["netns", "delete", names.netns]);
}

async function batch(options: readonly string[], lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    await runCommand("ip", [...options, "-batch", "-"], { stdin: lines.map((line) => `${line}\n`).join("") });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const failed = lines[Number(/Command failed -:(\d+)/.exec(error.stderr)?.[1]) - 1];
    throw failed === undefined ? error : new CommandError(`Cannot run ip ${failed}: ${error.stderr}`, error.remedy, {
      argv: error.argv,
      stderr: error.stderr,
      cause: error,
      ...(error.exitCode === undefined ? {} : { exitCode: error.exitCode }),
    });
  }
}
