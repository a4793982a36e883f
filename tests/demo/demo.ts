/**
 * The demo: the whole main job on two hypervisors. It shows each command as an operator types it, and its result.
 *
 * @module
 */

import type { Result } from "../../packaging/command.ts";
import type { Host } from "../lab/host.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { Lab } from "../lab/lab.ts";
import { startNginx, TOKEN } from "../lab/nginx.ts";
import { dim, explain, headline, PICTURE, prompt, verdict } from "./show.ts";

const GATE = "10.11.12.13";

/** The guests' default gateway. */
const ROUTER = "192.168.150.1";

const CONFIG = `:tproxy:
- :service_port: 5030
  :remote_addr: ${GATE}
  :remote_port: 5030
`;

/** A step whose result is not the expected one. */
class DemoError extends Error {}

async function show(where: string, command: string, run: () => Promise<Result>, keep = (line: string) => line !== "") {
  prompt(where, command);
  const { code, stdout, stderr } = await run();
  for (const line of `${stdout}${stderr}`.split("\n").filter(keep)) console.log(dim(`  ${line}`));
  if (code !== 0) throw new DemoError(`"${command}" on ${where} exited with ${code}`);
  return stdout;
}

async function setUp(name: string, hv: Hypervisor): Promise<void> {
  const args = ["up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"];
  await show(name, `deno task setup ${args.join(" ")}`, () => hv.setup(...args));
  await show(name, "deno task tproxy start", () => hv.tproxy("start"));
}

async function lookAt(name: string, hv: Hypervisor): Promise<void> {
  const run = (command: string) => () => hv.host.run(command.split(" "));
  for (
    const [command, lines] of [
      ["nft list table ip one_tproxy", /elements/],
      ["ip netns list", /./],
      ["ip netns exec one_tproxy_br0 ip -4 address", /inet /],
      ["ip netns exec one_tproxy_br0 ip route", /./],
    ] as const
  ) await show(name, command, run(command), (line) => lines.test(line));
  await show(name, "deno task tproxy status", () => hv.tproxy("status"));
}

async function askFrom(name: string, guest: Host, id: number): Promise<void> {
  await show(name, "ip route", () => guest.run(["ip", "route"]));
  const direct = `curl -sS --max-time 1 http://${GATE}:5030/vm`;
  prompt(name, direct);
  const { code, stderr } = await guest.run(direct.split(" "));
  console.log(dim(`  ${stderr.trim()}`));
  if (code === 0) throw new DemoError(`${name} has a route to ${GATE}, so the demo shows nothing`);
  const url = "http://169.254.16.9:5030/vm";
  const argv = [
    "curl",
    "-sS",
    "--max-time",
    "5",
    "-H",
    `X-ONEGATE-TOKEN: ${TOKEN}`,
    "-H",
    `X-ONEGATE-VMID: ${id}`,
    url,
  ];
  const answer = await show(
    name,
    `curl -H "X-ONEGATE-TOKEN: $TOKENTXT" -H "X-ONEGATE-VMID: ${id}" ${url}`,
    () => guest.run(argv),
  );
  if (JSON.parse(answer).VM.ID !== String(id)) throw new DemoError(`${name} got ${answer}`);
}

async function demonstrate(lab: Lab): Promise<void> {
  headline("A lab: two hypervisors that share the virtual network vnet0, a guest on each, one OneGate");
  console.log(PICTURE);
  const gate = await lab.service("onegate", GATE);
  await startNginx(gate, GATE, 5030);
  const hypervisors: [string, Hypervisor, Host][] = [];
  for (const n of [1, 2]) {
    const hv = await lab.hypervisor(`hv${n}`, `10.11.12.${n}`);
    await hv.configure(CONFIG);
    await hv.bridge("br0");
    hypervisors.push([`hv${n}`, hv, await lab.guest(`guest${n}`, hv, "br0", `192.168.150.1${n}`, ROUTER)]);
  }
  const [one, two] = hypervisors;
  if (one === undefined || two === undefined) throw new DemoError("two are needed");
  await lab.cable(one[1], two[1], "br0");
  // The router has no route to OneGate. A guest sends nothing before it knows its router.
  await lab.guest("router", two[1], "br0", ROUTER);

  headline("Set up the bridge and start the proxies, as the network driver does when a VM is deployed");
  for (const [name, hv] of hypervisors) await setUp(name, hv);

  headline("What that has made");
  await lookAt(one[0], one[1]);

  headline(
    "Each guest has a default route and no other, by a router that can't reach OneGate, and reaches it at 169.254.16.9",
  );
  for (const [i, [, , guest]] of hypervisors.entries()) await askFrom(guest.name, guest, 42 + i);
  const who = "curl -sS --max-time 5 http://169.254.16.9:5030/who";
  const answer = await show(two[2].name, who, () => two[2].run(who.split(" ")));
  if (answer !== "onegate 10.11.12.2\n") throw new DemoError("guest2 was not served by its own hypervisor");
  explain("OneGate names the client that it sees: hv2, which is guest2's own hypervisor.");

  headline("Take it down again, as the driver does when the last guest leaves");
  for (const [name, hv] of hypervisors) {
    await show(name, "deno task setup down --bridge br0", () => hv.setup("down", "--bridge", "br0"));
    await show(name, "deno task tproxy start", () => hv.tproxy("start"));
    const left = await hv.host.text(["sh", "-c", "nft list ruleset; ip netns list"]);
    if (left !== "" || (await hv.status()).size > 0) throw new DemoError(`${name} still has ${left}`);
  }
}

async function main(): Promise<number> {
  const started = performance.now();
  const interrupted = Promise.withResolvers<never>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => interrupted.reject(new DemoError("interrupted")));
  }
  try {
    await using lab = await Lab.create();
    await Promise.race([demonstrate(lab), interrupted.promise]);
  } catch (error) {
    verdict(
      false,
      `The demo did not work: ${error instanceof Error ? error.message : error}. Everything is taken down.`,
    );
    return 1;
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  verdict(true, `It works: both guests were answered, and everything is taken down (${seconds} s).`);
  return 0;
}

Deno.exit(await main());
