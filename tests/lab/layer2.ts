/**
 * What hosts on one bridge see of each other on layer 2, and hosts that attack there.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import { sendFrames } from "./frames.ts";
import type { Host } from "./host.ts";
import type { Hypervisor } from "./hypervisor.ts";
import type { Lab } from "./lab.ts";
import { makeScenario } from "./scenario.ts";

/** The guest-facing address. */
export const ADDRESS = "169.254.16.9";

/** Finds the MAC address of a device. */
export async function macOf(host: Host, device: string, ...where: string[]): Promise<string> {
  const [link] = JSON.parse(await host.text(["ip", ...where, "-j", "link", "show", "dev", device]));
  return link.address;
}

/** Finds the MAC address of br0's proxy. */
export function proxyMac({ host }: Hypervisor): Promise<string> {
  return macOf(host, "br0a", "-n", "one_tproxy_br0");
}

/** Finds the MAC address that a guest takes for the proxy's. */
export async function knownMac(guest: Host): Promise<string | undefined> {
  const [entry] = JSON.parse(await guest.text(["ip", "-j", "neigh", "show", ADDRESS]));
  return entry?.lladdr;
}

/** Pings from one host to another until there is an answer. */
export async function reach(from: Host, to: string): Promise<void> {
  const ping = ["ping", "-c", "1", "-W", "1", to];
  await until(`${from.name} reaches ${to}`, async () => (await from.run(ping)).code === 0, 30);
}

// tcpdump fails in a user namespace, which has no other user to change to. A short snapshot length, since the buffer
// has room for 32 of the default one.
const TCPDUMP = ["tcpdump", "-n", "-e", "-l", "--immediate-mode", "-Z", "root", "-Q", "in", "-s", "128"];

/** Captures what arrives at a device during an action; `where` enters a namespace of the host. */
export async function receives(
  host: Host,
  device: string,
  filter: string,
  act: () => Promise<unknown>,
  where: string[] = [],
): Promise<string> {
  const capture = host.start([...where, ...TCPDUMP, "-i", device, filter]);
  await until("the capture is on", () => Promise.resolve(capture.output.includes("listening on")));
  await act();
  capture.signal("SIGINT");
  await capture.ended();
  return capture.output.split("\n").filter((line) => /^\d\d:/.test(line)).join("\n");
}

/** A frame to be sent from a certain MAC address, by which it is known again. */
export type FrameFrom = (mac: string) => string;

/** Sends frames out of a device, and tells which of them arrive at another one, by their names. */
export async function arrivals(
  sender: { readonly host: Host; readonly device: string },
  receiver: { readonly host: Host; readonly device: string; readonly where?: string[] },
  frames: ReadonlyMap<string, FrameFrom>,
  last: FrameFrom,
): Promise<string[]> {
  const macs = [...frames.keys()].map((_, at) => `06:00:00:00:00:${at.toString(16).padStart(2, "0")}`);
  const end = "06:00:00:00:01:00";
  const capture = receiver.host.start([
    ...receiver.where ?? [],
    ...TCPDUMP,
    "-i",
    receiver.device,
    "ether[6:2] = 0x0600",
  ]);
  await until("the capture is on", () => Promise.resolve(capture.output.includes("listening on")));
  const all = [...frames.values()].map((frame, at) => frame(macs[at] ?? ""));
  await sendFrames(sender.host, sender.device, [...all, last(end)]);
  // The last frame has to arrive: a frame that has not arrived by then never will.
  await until("the last frame arrives", () => Promise.resolve(capture.output.includes(`${end} >`)), 30);
  capture.signal("SIGINT");
  await capture.ended();
  return [...frames.keys()].filter((_, at) => capture.output.includes(`${macs[at]} >`));
}

/** Makes the usual topology with the proxy of br0 up, and a second guest on br0 that attacks. */
export async function withMallory(lab: Lab): Promise<{ hv: Hypervisor; guest: Host; mallory: Host }> {
  const { hv, guest } = await makeScenario(lab);
  const mallory = await lab.guest("mallory", hv, "br0", "192.168.150.66");
  await hv.serve("br0");
  return { hv, guest, mallory };
}

/** The command that makes one end of a VXLAN tunnel, `vx12`. */
export function tunnelTo(remote: string): string {
  return `link add name vx12 type vxlan id 12 dstport 4789 remote ${remote} dev eth0`;
}

/** Joins br0 with a machine elsewhere by VXLAN, which is an uplink, and puts that machine on the same layer 2. */
export async function withNeighbour(lab: Lab): Promise<{ hv: Hypervisor; guest: Host; neighbour: Host }> {
  const { hv, guest } = await makeScenario(lab);
  const neighbour = await lab.service("neighbour", "10.11.12.66");
  await hv.host.ip(tunnelTo("10.11.12.66"), "link set dev vx12 master br0 up");
  await neighbour.ip(
    tunnelTo("10.11.12.1"),
    "address add 192.168.150.77/24 dev vx12",
    "link set dev vx12 up",
    `route add ${ADDRESS} dev vx12`,
  );
  await hv.serve("br0");
  await reach(neighbour, "192.168.150.10");
  return { hv, guest, neighbour };
}
