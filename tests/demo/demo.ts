/**
 * The demo: the whole main job on two hypervisors. It shows each command as an operator types it, and its result.
 *
 * @module
 */

import type { Result } from "../../packaging/command.ts";
import { Lab } from "../lab/lab.ts";
import { startNginx } from "../lab/nginx.ts";
import { ask, askDirectly, DIRECTLY, GATE } from "./ask.ts";
import { explain, headline, next, verdict } from "./show.ts";
import { DemoError, onAll, type Place, show } from "./steps.ts";
import { PICTURE } from "./way.ts";

/** The guests' default gateway. */
const ROUTER = "192.168.150.1";

/** Every stream is logged, so that its way can be shown. */
const CONFIG = `:tproxy_debug_level: 3
:tproxy:
- :service_port: 5030
  :remote_addr: ${GATE}
  :remote_port: 5030
`;

async function lookAt({ name, hv }: Place): Promise<void> {
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

async function demonstrate(lab: Lab): Promise<void> {
  headline("A lab: two hypervisors that share the virtual network vnet0, a guest on each, one OneGate");
  console.log(PICTURE);
  const gate = await lab.service("onegate", GATE);
  await startNginx(gate, GATE, 5030);
  const hypervisors: Place[] = [];
  for (const n of [1, 2]) {
    const hv = await lab.hypervisor(`hv${n}`, `10.11.12.${n}`);
    await hv.configure(CONFIG);
    await hv.bridge("br0");
    const guest = await lab.guest(`guest${n}`, hv, "br0", `192.168.150.1${n}`, ROUTER);
    hypervisors.push({ name: `hv${n}`, hv, guest });
  }
  const [one, two] = hypervisors;
  if (one === undefined || two === undefined) throw new DemoError("two are needed");
  await lab.cable(one.hv, two.hv, "br0");
  // The router has no route to OneGate. A guest sends nothing before it knows its router.
  await lab.guest("router", two.hv, "br0", ROUTER);

  headline("Set up the bridge and start the proxies, as the network driver does when a VM is deployed");
  await onAll(hypervisors, ["setup up --bridge br0 --network vnet0 --network-id 7", "tproxy start"]);

  headline("What that has made");
  await lookAt(one);

  headline(
    "Each guest has a default route and no other, by a router that can't reach OneGate, and reaches it at 169.254.16.9",
  );
  const direct = hypervisors.map(({ guest }) => guest.run(DIRECTLY.split(" ")));
  for (const [i, place] of hypervisors.entries()) await askDirectly(place, direct[i] as Promise<Result>);
  for (const [i, place] of hypervisors.entries()) await ask(place, 42 + i);
  const who = "curl -sS --max-time 5 http://169.254.16.9:5030/who";
  const answer = await show(two.guest.name, who, () => two.guest.run(who.split(" ")));
  if (answer !== "onegate 10.11.12.2\n") throw new DemoError("guest2 was not served by its own hypervisor");
  explain("OneGate names the client that it sees: hv2, which is guest2's own hypervisor.");

  headline("Take it down again, as the driver does when the last guest leaves");
  await onAll(hypervisors, ["setup down --bridge br0", "tproxy start"]);
  for (const { name, hv } of hypervisors) {
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
  next([
    ["docs/first-guest.md", "the same by hand, with a namespace as the guest"],
    ["docs/install.md", "on a hypervisor: deno task package, dpkg -i, tproxy integrate --drop-in"],
    ["docs/permissions.md", "what each program may do; deno task tproxy permissions prints it"],
    ["docs/tour.md", "what all commands print"],
  ]);
  return 0;
}

Deno.exit(await main());
