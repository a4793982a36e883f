/**
 * A hypervisor that is a virtual machine: Debian's base and kernel, the archive of the distribution, and a script that
 * does what an operator does.
 *
 * @module
 */

import { ARCHIVE, NAME } from "../lab/installation.ts";
import type { Lab } from "../lab/lab.ts";
import { startNginx } from "../lab/nginx.ts";
import { CONFIG, GATE } from "../lab/scenario.ts";
import { BASE } from "../lab/system_root.ts";
import { Machine, makeDisk } from "./machine.ts";

/** The state before an operator does anything: a network, and the configuration. */
const PREPARE = `export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ip link set dev lo up
ip address add 10.11.12.1/24 dev eth0
ip link set dev eth0 up
mkdir -p /var/tmp/one/etc/vnm
cp /root/OpenNebulaNetwork.conf /var/tmp/one/etc/vnm
`;

/**
 * Runs a script on a new virtual machine, in whose network the service is.
 *
 * @param lab The lab.
 * @param script What the machine does; its last line prints `done`.
 * @param files More files for the machine, by their paths without the first slash.
 * @returns The machine, once its script has ended, well or not.
 */
export async function runHypervisor(lab: Lab, script: string, files: Record<string, string> = {}): Promise<Machine> {
  const gate = await lab.host("gate");
  await gate.ip("link add name lan type bridge", `address add ${GATE}/24 dev lan`, "link set dev lan up");
  await startNginx(gate, GATE, 5030);
  const rack = await lab.host("rack");
  const all = { "start.sh": PREPARE + script, "root/OpenNebulaNetwork.conf": CONFIG, ...files };
  const disk = await makeDisk(rack, "SYSTEM", all, `/=${BASE}`, `/root/${NAME}.tar.gz=${ARCHIVE}`);
  const hardware = { id: 1, mac: "02:00:0a:0b:0c:01", memory: 1536, processors: 2, disk, init: "/hypervisor" };
  const machine = await Machine.start(rack, gate, "lan", hardware);
  await machine.printed(/^(?:done|failed)$/m, 400);
  return machine;
}
