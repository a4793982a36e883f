/**
 * The topology that most tests start from.
 *
 * @module
 */

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

/** Makes the topology; nothing of ours has run yet. */
export async function makeScenario(lab: Lab, config: string = CONFIG): Promise<Scenario> {
  const hv = await lab.hypervisor("hv1", "10.11.12.1");
  await hv.configure(config);
  await hv.bridge("br0");
  const gate = await lab.service("gate", GATE);
  await startNginx(gate, GATE, 5030);
  const guest = await lab.guest("guest1", hv, "br0", "192.168.150.10");
  return { lab, hv, gate, guest };
}

/** Runs a test in a lab of its own, which is gone afterwards. */
export function inLab(test: (lab: Lab) => Promise<void>): () => Promise<void> {
  return async () => {
    await using lab = await Lab.create();
    await test(lab);
  };
}

/** Fetches from a guest, which must succeed. */
export function fetchFrom(guest: Host, path: string, port = 5030): Promise<string> {
  return guest.text(["curl", "-sS", "--fail", "--max-time", "10", `http://169.254.16.9:${port}${path}`]);
}
