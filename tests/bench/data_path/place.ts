/**
 * The place where proxies run in the benchmark: a hypervisor with a bridge, and guests on the bridge.
 *
 * @module
 */

import { until } from "../../../packaging/command.ts";
import type { Host } from "../../lab/host.ts";
import type { Hypervisor } from "../../lab/hypervisor.ts";
import type { Lab } from "../../lab/lab.ts";
import { processesOf } from "./processes.ts";

/** The bridge that the guest is on. */
export const BRIDGE = "br0";

/** A hypervisor with a bridge and two guests on it. */
export interface Place {
  readonly hv: Hypervisor;
  readonly guest: Host;
  readonly neighbour: Host;
}

/** Makes a hypervisor. Its number keeps its addresses apart from those of others. */
export async function makePlace(lab: Lab, number: number): Promise<Place> {
  const hv = await lab.hypervisor(`hv${number}`, `10.11.12.${number}`);
  await hv.bridge(BRIDGE);
  const guest = await lab.guest(`guest${number}`, hv, BRIDGE, "192.168.150.10");
  const neighbour = await lab.guest(`neighbour${number}`, hv, BRIDGE, "192.168.150.11");
  for (const host of [hv.host, guest, neighbour]) await liftPortLimits(host);
  return { hv, guest, neighbour };
}

/** Gives a host enough ports: it opens connections faster than closed ones leave TIME_WAIT. */
export async function liftPortLimits(host: Host): Promise<void> {
  await host.text(["sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=10000 65000", "net.ipv4.tcp_tw_reuse=1"]);
}

/** Starts programs that stay in the foreground, as processes of the host. */
export function startAll(host: Host, commands: readonly (readonly string[])[]): Promise<void> {
  for (const argv of commands) host.start(argv, { inside: true });
  return Promise.resolve();
}

/** Ends a host's processes whose command line matches, and waits until they have ended. */
export async function stopAll(host: Host, commandLine: RegExp): Promise<void> {
  const pids = await processesOf(host, commandLine);
  if (pids.length > 0) await host.run(["kill", ...pids.map(String)]);
  await until(`no process matches ${commandLine}`, async () => (await processesOf(host, commandLine)).length === 0);
}
