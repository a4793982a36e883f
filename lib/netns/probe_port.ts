/**
 * The probe's port on a bridge: a veth pair whose other end is in the namespace of the probe's process. The kernel
 * removes it with that process, so nothing is left behind if both are killed.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { KernelStateError } from "../errors.ts";
import { GUEST_ADDRESS, PROBE_ADDRESS, PROBE_PORT } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import { CommandError, runCommand } from "../run_command.ts";
import type { Link } from "./observe.ts";
import { listVlans, setVlans } from "./vlan_record.ts";

/** The other end, in the namespace of the probe. */
const END = "eth0";

/**
 * The MAC address of the port. A bridge without an address of its own takes the lowest one of its ports, and this is
 * the highest one that a single device may have.
 */
const PORT_MAC = "fe:ff:ff:ff:ff:ff";

/** How long to wait for the port of another doctor to go, in milliseconds, and how often to look. */
const WAIT_MS = 15_000;
const LOOK_MS = 100;

/**
 * Makes the port, and removes it once some work is done.
 *
 * @param names The bridge's names.
 * @param bridge The bridge.
 * @param pid A process in a network namespace of its own that holds nothing yet.
 * @param work The work. When it begins, the namespace has the probe's address and a route to the guest-facing one.
 * @returns What the work returns.
 * @throws {KernelStateError} If another doctor has the port for too long.
 * @throws {CommandError} If ip, bridge or nsenter fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip, bridge and nsenter.
 */
export async function withProbePort<T>(
  names: BridgeNames,
  bridge: Link,
  pid: number,
  work: () => Promise<T>,
): Promise<T> {
  await addPair(bridge, pid);
  try {
    await batch([`link set dev ${PROBE_PORT} addrgenmode none master ${names.bridge}`]);
    // The filter comes before the first frame, as for the proxy's own port.
    if (bridge.vlanFiltering) {
      const vlans = (await listVlans(names.bridgeEnd)).get(names.bridgeEnd);
      if (vlans !== undefined) await setVlans(PROBE_PORT, vlans);
    }
    await batch([`link set dev ${PROBE_PORT} up`]);
    // The route is the last, since the probe begins when there is one.
    const inside = [
      // Without it, the kernel could not tell a connection that nobody answers ARP.
      "link set dev lo up",
      `link set dev ${END} addrgenmode none`,
      `address add ${PROBE_ADDRESS}/32 dev ${END}`,
      `link set dev ${END} up`,
      `route add ${GUEST_ADDRESS}/32 dev ${END} src ${PROBE_ADDRESS}`,
    ];
    const stdin = inside.map((line) => `${line}\n`).join("");
    await runCommand("nsenter", [`--net=/proc/${pid}/ns/net`, "--", "/usr/sbin/ip", "-batch", "-"], { stdin });
    return await work();
  } finally {
    await tolerate(["link", "delete", "dev", PROBE_PORT]);
    // The proxy's neighbour table has no entry if no packet of the probe got there.
    await tolerate(["-n", names.netns, "neighbour", "delete", PROBE_ADDRESS, "dev", names.netnsEnd]);
  }
}

/** Makes the pair. Its MTU is the bridge's, since a bridge takes the smallest one of its ports. */
async function addPair({ mtu }: Link, pid: number): Promise<void> {
  const line = `link add name ${PROBE_PORT} address ${PORT_MAC} mtu ${mtu} type veth ` +
    `peer name ${END} mtu ${mtu} netns ${pid}`;
  for (const deadline = performance.now() + WAIT_MS;;) {
    try {
      return await batch([line]);
    } catch (error) {
      if (!(error instanceof CommandError) || !error.stderr.includes("File exists")) throw error;
      if (performance.now() >= deadline) {
        const remedy = `see "ps -C deno -o pid,args"; if there is none, run "ip link delete dev ${PROBE_PORT}"`;
        throw new KernelStateError(`The device ${PROBE_PORT} is there: another doctor is at work`, remedy);
      }
      await delay(LOOK_MS);
    }
  }
}

/** Removes something by ip. It may be gone: with the probe's process, or with whatever else is broken. */
async function tolerate(args: readonly string[]): Promise<void> {
  try {
    await runCommand("ip", args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}

async function batch(lines: readonly string[]): Promise<void> {
  await runCommand("ip", ["-batch", "-"], { stdin: lines.map((line) => `${line}\n`).join("") });
}
