/**
 * What becomes of a proxy that was taken over: it gives itself another title, starts others, and hides. Its user and
 * group alone stay the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../../lib/daemon/owner.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { innerOf, OUTER } from "../../lib/role.ts";
import { until } from "../../packaging/command.ts";
import { asInner, asOuter } from "../lab/broken_out.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, served } from "../lab/scenario.ts";
import { rulesOf } from "../lab/state.ts";

const BR0 = parseBridgeName("br0");
const INSIDE = ["ip", "netns", "exec", "one_tproxy_br0"];
const GROUPS = [numberOf(OUTER), numberOf(innerOf(BR0))];

/** One that has renamed itself and takes no SIGTERM; one that it has started, which is nobody's child. */
const RENAMED = `trap "" TERM HUP; (setsid bash -c 'exec -a orphan sleep 1000' &); exec -a renamed sleep 1000`;

/** One that goes on as another process all the time, so that its ID is never the one that was seen. */
const HOPPING = '$0 = "hopping"; for (;;) { exit if fork; select(undef, undef, undef, 0.01); }';

/** Starts programs on the hypervisor, and waits until there are processes with these titles. */
async function start({ host }: Hypervisor, argvs: readonly string[][], titles: readonly string[]): Promise<void> {
  for (const argv of argvs) host.start(argv, { inside: true });
  await until(`${titles} run`, async () => {
    const listed = await host.text(["ps", "-eo", "args="]);
    return titles.every((title) => listed.split("\n").filter((line) => line.startsWith(title)).length >= argvs.length);
  });
}

/** The titles of all processes that have the group of a proxy. */
async function titlesOf({ host }: Hypervisor): Promise<string[]> {
  const { stdout } = await host.run(["ps", "-o", "stat=,args=", "-G", GROUPS.join(",")]);
  return stdout.split("\n").flatMap((line) => {
    const [, state = "Z", title = ""] = /^(\S+) +(.*)$/.exec(line) ?? [];
    return state.startsWith("Z") ? [] : [title.trim().split(" ")[0] ?? ""];
  }).toSorted();
}

/** Whether the kernel holds the proxies to their services. */
async function isHeld({ host }: Hypervisor): Promise<boolean> {
  return (await rulesOf(host)).includes("table inet one_tproxy_egress");
}

Deno.test(
  "stop ends what a taken-over proxy has become and started, and nobody else who is in its namespace",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const operators = ["bash", "-c", "exec -a operator sleep 1000"];
    await start(hv, [operators, [...INSIDE, ...operators]], ["operator"]);
    const renamed = ["bash", "-c", RENAMED];
    await start(hv, [asOuter(...renamed), [...INSIDE, ...asInner(BR0, ...renamed)]], ["renamed", "orphan"]);
    await start(hv, [[...INSIDE, ...asInner(BR0, "perl", "-e", HOPPING)]], ["hopping"]);
    const { stderr } = await hv.control("stop");
    assert.match(stderr, /^warning: Ending processes that have the group of a proxy and are none/m);
    assert.deepEqual(await titlesOf(hv), []);
    assert.equal(await isHeld(hv), false);
    assert.match(await hv.host.text(["ps", "-eo", "args="]), /^operator [^]*^operator /m);
    assert.equal((await hv.control("stop")).stderr, "");
  }),
);

Deno.test(
  "a pass ends what an inner has become, also where its namespace has lost its name, and cuts no stream of others",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    const renamed = [...INSIDE, ...asInner(BR0, "bash", "-c", RENAMED)];
    await start(hv, [renamed], ["renamed", "orphan"]);
    const pids = await hv.status();
    await hv.control("reload");
    assert.deepEqual(await titlesOf(hv), ["one_tproxy", "one_tproxy_br0"]);
    assert.deepEqual(await hv.status(), pids);
    await assertServed(guest);
    await start(hv, [renamed], ["renamed", "orphan"]);
    await hv.down("br0");
    await hv.control("start");
    await until("outer alone is left", async () => (await titlesOf(hv)).join() === "one_tproxy");
  }),
);

Deno.test(
  "where a process of outer's may have hidden in namespaces of its own, stop says so, and the rules stay",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const hidden = ["unshare", "--user", "--net", "bash", "-c", "exec -a hidden sleep 1000"];
    await start(hv, [asOuter(...hidden)], ["hidden"]);
    const stop = await hv.tproxy("stop");
    assert.equal(stop.code, 1, stop.stderr);
    const [, look = "", end = ""] = /have the group of a proxy.*"(ps [^"]*)".*"(kill [^"]*)"/.exec(stop.stderr) ?? [];
    assert.match(await hv.host.text(look.split(" ")), / hidden 1000$/m);
    assert.deepEqual(await titlesOf(hv), ["hidden"]);
    assert.ok(await isHeld(hv));
    await hv.host.text(end.split(" "));
    await hv.control("stop");
    assert.equal(await isHeld(hv), false);
  }),
);
