/**
 * A hypervisor that gets more and more bridges.
 *
 * @module
 */

import type { Hypervisor } from "../../lab/hypervisor.ts";
import type { Lab } from "../../lab/lab.ts";

/** The user document's two services; nobody calls them here. */
const CONFIG = `:tproxy:
- {":service_port": 5030, ":remote_addr": 10.11.12.13, ":remote_port": 5030}
- {":service_port": 1234, ":remote_addr": 10.11.12.34, ":remote_port": 1234}
`;

/** Makes a hypervisor without bridges. */
export async function makeHypervisor(lab: Lab, name: string, address: string): Promise<Hypervisor> {
  const hv = await lab.hypervisor(name, address);
  await hv.configure(CONFIG);
  return hv;
}

/** Adds bridges by one `setup up` after another, as VMs' deploys do. Returns how long each took, in milliseconds. */
export async function addBridges(hv: Hypervisor, from: number, to: number): Promise<number[]> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  await hv.host.ip(...numbers.flatMap((i) => [`link add name br${i} type bridge`, `link set dev br${i} up`]));
  const times: number[] = [];
  for (const i of numbers) {
    const start = performance.now();
    await hv.up(`br${i}`);
    times.push(performance.now() - start);
  }
  return times;
}

/** Removes a bridge and what `setup` has made for it. */
export async function removeBridge(hv: Hypervisor, number: number): Promise<void> {
  await hv.down(`br${number}`);
  await hv.host.ip(`link delete dev br${number}`);
}
