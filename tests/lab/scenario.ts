/**
 * The topology that most tests start from.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "./host.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { Lab } from "./lab.ts";
import { startNginx } from "./nginx.ts";

/** Where the OneGate-like service is; no guest has a route to it. */
export const GATE = "10.11.12.13";

/** The user document's first entry, with everything logged. */
export const CONFIG = `:tproxy_debug_level: 3
:tproxy:
- :service_port: 5030
  :remote_addr: ${GATE}
  :remote_port: 5030
`;

/** A further entry of the configuration: a port, and at the gate the same one or another. */
export function entry(port: number, options = "", remotePort = port): string {
  return `- {':service_port': ${port}, ':remote_addr': ${GATE}, ':remote_port': ${remotePort}${options}}\n`;
}

/** One hypervisor with the bridge br0, one guest on it, one service. */
export interface Scenario {
  /** The lab it is in. */
  readonly lab: Lab;
  /** The hypervisor. */
  readonly hv: Hypervisor;
  /** The service's host. */
  readonly gate: Host;
  /** The guest. */
  readonly guest: Host;
}

/** Makes a configured hypervisor with the bridge br0: `hv1` at 10.11.12.1, or another number. */
export async function makeHypervisor(lab: Lab, config: string = CONFIG, number = 1): Promise<Hypervisor> {
  const hv = await lab.hypervisor(`hv${number}`, `10.11.12.${number}`);
  await hv.configure(config);
  await hv.bridge("br0");
  return hv;
}

/** Makes the service's host and starts the service. */
export async function makeGate(lab: Lab): Promise<Host> {
  const gate = await lab.service("gate", GATE);
  await startNginx(gate, GATE, 5030);
  return gate;
}

/** Makes the topology; nothing of ours has run yet. */
export async function makeScenario(lab: Lab, config: string = CONFIG): Promise<Scenario> {
  const hv = await makeHypervisor(lab, config);
  const gate = await makeGate(lab);
  const guest = await lab.guest("guest1", hv, "br0", "192.168.150.10");
  return { lab, hv, gate, guest };
}

/** Makes the topology, sets the bridges up and starts the proxies. Bridges other than br0 are made, without guests. */
export async function served(
  lab: Lab,
  config: string = CONFIG,
  bridges: readonly string[] = ["br0"],
): Promise<Scenario> {
  const scenario = await makeScenario(lab, config);
  for (const bridge of bridges) if (bridge !== "br0") await scenario.hv.bridge(bridge);
  await scenario.hv.serve(...bridges);
  return scenario;
}

/** Runs a test in a lab of its own, which is gone afterwards. */
export function inLab(test: (lab: Lab) => Promise<void>): () => Promise<void> {
  return async () => {
    await using lab = await Lab.create({ isAudited: true });
    await test(lab);
  };
}

/** Fetches from a guest, which must succeed. */
export function fetchFrom(guest: Host, path: string, port = 5030): Promise<string> {
  return guest.text(["curl", "-sS", "--fail", "--max-time", "10", `http://169.254.16.9:${port}${path}`]);
}

/** What the service answers at `/who` to a guest of the first hypervisor: its own name, and the client that it sees. */
export const ANSWER = "gate 10.11.12.1\n";

/** Shows that the service answers a guest, and that it sees the guest's hypervisor as the client. */
export async function assertServed(guest: Host, port = 5030, message?: string): Promise<void> {
  assert.equal(await fetchFrom(guest, "/who", port), ANSWER, message);
}

/** Whether the service answers a guest within some seconds. */
export async function isServed(guest: Host, port = 5030, seconds = 1): Promise<boolean> {
  const { stdout } = await guest.run(["curl", "-s", "--max-time", `${seconds}`, `http://169.254.16.9:${port}/who`]);
  return stdout === ANSWER;
}

/** Whether a guest's connection is refused: the address is there, and nothing listens on the port. */
export async function isRefused(guest: Host, port = 5030): Promise<boolean> {
  const { stderr } = await guest.run(["timeout", "30", "bash", "-c", `: </dev/tcp/169.254.16.9/${port}`]);
  return stderr.includes("Connection refused");
}
