/**
 * A real virtual machine: it configures itself as the user document's "Guest Configuration" shows, and is served
 * wherever it runs, by what docs/opennebula.md tells an operator to install.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { commandsOf, giveSystem, shell } from "../lab/installation.ts";
import type { Lab } from "../lab/lab.ts";
import { TOKEN } from "../lab/nginx.ts";
import { CONFIG, inLab, makeGate, served } from "../lab/scenario.ts";
import { BASE } from "../lab/system_root.ts";
import { type Hardware, Machine, makeDisk } from "./machine.ts";
import { NO_VM } from "./missing.ts";
import { BUSYBOX } from "./prepare.ts";

const MAC = "02:00:c0:a8:96:0a";

/** The context of the user document's example virtual machine, as OpenNebula puts it onto a disk. */
const CONTEXT = {
  "context.sh": `ETH0_IP='192.168.150.10'
ETH0_MAC='${MAC}'
NETWORK='YES'
ONEGATE_ENDPOINT='http://169.254.16.9:5030'
TOKEN='YES'
VMID='42'
`,
  "token.txt": `${TOKEN}\n`,
};

/** What the guest prints once a second. */
interface Request {
  readonly number: number;
  /** Its own name, if it has been told. */
  readonly name: string;
  /** The service, and the hypervisor that asked it. */
  readonly by: string;
  /** MAC address and state of its neighbour 169.254.16.9. */
  readonly neighbour: string;
  /** How many neighbours it has met, and how many it has looked for in vain. */
  readonly counts: string;
}

function requestsOf(console: string): Request[] {
  const line = /^request (\d+): name=\[(.*)\] by=\[(.*)\] neighbour=\[(.*)\] counts=\[(.*)\]$/gm;
  return [...console.matchAll(line)].map(([, number, name = "", by = "", neighbour = "", counts = ""]) => {
    return { number: Number(number), name, by, neighbour, counts };
  });
}

/** Two hypervisors on one layer 2, on which an operator has done what the guide says. */
async function withHypervisors(lab: Lab): Promise<[Hypervisor, Hypervisor]> {
  await makeGate(lab);
  const [one, two] = [await lab.hypervisor("hv1", "10.11.12.1"), await lab.hypervisor("hv2", "10.11.12.2")];
  for (const hv of [one, two]) {
    await giveSystem(hv.host, BASE);
    await hv.configure(CONFIG);
    await hv.bridge("br0");
  }
  await lab.cable(one, two, "br0");
  for (const { host } of [one, two]) {
    await shell(host, `cd /root\n${commandsOf("Install")}`);
    await shell(host, commandsOf("Without OpenNebula"));
  }
  return [one, two];
}

/** The proxy's own MAC address. */
async function macOf({ host }: Hypervisor): Promise<string> {
  const [link] = JSON.parse(await host.text(["ip", "-n", "one_tproxy_br0", "-j", "link", "show", "dev", "br0a"]));
  return link.address;
}

Deno.test(
  "a VM reads its name with its token, and when it is migrated live its neighbour stays and the other hypervisor serves it",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const [one, two] = await withHypervisors(lab);
    const rack = await lab.host("rack");
    const disk = await makeDisk(rack, "CONTEXT", CONTEXT);
    const hardware: Hardware = { id: 42, mac: MAC, memory: 128, processors: 1, disk, init: "/guest" };

    const here = await Machine.start(rack, one.host, "br0", hardware);
    await here.printed(/^request 3: /m, 60);
    assert.match(here.console, /^export ONEGATE_ENDPOINT="http:\/\/169\.254\.16\.9:5030"$/m);
    assert.match(here.console, /^169\.254\.16\.9 dev eth0 scope link *$/m);
    assert.match(here.console, /^with a wrong token: wget: server returned error: HTTP\/1\.1 401 Unauthorized$/m);

    const there = await Machine.start(rack, two.host, "br0", hardware, "10.11.12.2:49152");
    await here.migrate("10.11.12.2:49152");
    const before = requestsOf(here.console);
    // The machine may have moved in the middle of a line.
    const after = () => requestsOf(here.console + there.console).slice(before.length);
    const count = (least: number) => there.printed(new RegExp(`^request ${before.length + least}: .*\\n`, "m"), 60);
    await count(5);
    // The hypervisor that it has left is not needed any more.
    await shell(one.host, commandsOf("Remove", 1));
    await count(after().length + 3);
    const moved = after();
    await there.stop();

    const mac = await macOf(two);
    const [{ counts = "" } = {}] = before.slice(-1);
    assert.match(counts, / 00000000$/);
    for (const request of [...before, ...moved]) {
      assert.match(request.neighbour, new RegExp(`^${mac} (?:REACHABLE|STALE|DELAY|PROBE)$`));
      // No new entry in its place, and no request that was not answered.
      assert.equal(request.counts, counts);
    }
    assert.deepEqual([...new Set(before.map(({ name, by }) => `${name} ${by}`))], ["example0-0 gate 10.11.12.1"]);
    // A request that is under way during the move loses its connection.
    const [first, ...rest] = moved;
    assert.equal(first?.number, before.length + 1);
    assert.deepEqual(rest.map(({ number }) => number), rest.map((_, at) => before.length + 2 + at));
    assert.deepEqual([...new Set(rest.map(({ name, by }) => `${name} ${by}`))], ["example0-0 gate 10.11.12.2"]);
  }),
);

Deno.test(
  "a VM without contextualization is served by the default route that DHCP gives it",
  { ignore: NO_VM },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const router = await lab.guest("router", hv, "br0", "192.168.150.1");
    const lease = ["start 192.168.150.20", "end 192.168.150.20", "interface eth0", "option subnet 255.255.255.0"];
    const files = ["lease_file /run/udhcpd.leases", "pidfile /run/udhcpd.pid", "option router 192.168.150.1"];
    await router.write("/run/udhcpd.conf", [...lease, ...files, ""].join("\n"));
    await router.write("/run/udhcpd.leases", "");
    router.start([BUSYBOX, "udhcpd", "-f", "/run/udhcpd.conf"]);
    const hardware = { id: 43, mac: "02:00:c0:a8:96:14", memory: 128, processors: 1, init: "/dhcp" };
    const rack = await lab.host("rack");
    await rack.text(["mkdir", "/run/vm"]);
    const machine = await Machine.start(rack, hv.host, "br0", hardware);
    await machine.printed(/^by=\[gate 10\.11\.12\.1\]$/m, 60);
    assert.doesNotMatch(machine.console, /^by=\[(?!gate)/m, "its first packet was not served");
    assert.match(machine.console, /^default via 192\.168\.150\.1 dev eth0 *$/m);
    assert.doesNotMatch(machine.console, /^169\.254/m);
    await hv.host.text(["nft", "flush", "chain", "bridge", "one_tproxy", "redirect_br0"]);
    await machine.printed(/^by=\[(?!gate).*\]$/m, 60);
    await machine.stop();
  }),
);
