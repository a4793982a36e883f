/**
 * What becomes of a proxy that was taken over: it gives itself another title, starts others, and hides. Its user and
 * group alone stay the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../../lib/daemon/owner.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { FLAGS_MARK, HOST_MARK } from "../../lib/protocol/lifecycle.ts";
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

/** Has a script run right after ps has listed all processes for the nth time, before it ends. */
async function afterListing({ host }: Hypervisor, nth: number, script: string): Promise<void> {
  await host.text(["cp", "/usr/bin/ps", "/run/real-ps"]);
  const then = `echo >>/run/listings; if test $(wc -l </run/listings) -eq ${nth}; then ${script}; fi`;
  await host.write("/run/ps", `#!/bin/sh\n/run/real-ps "$@" || exit\ncase $* in *-eo*) ${then} ;; esac\n`);
  await host.text(["chmod", "755", "/run/ps"]);
  await host.text(["mount", "--bind", "/run/ps", "/usr/bin/ps"]);
}

/** Finds the process that has this title. */
async function pidOf({ host }: Hypervisor, title: string): Promise<string> {
  return /^ *(\d+)/.exec(await host.text(["sh", "-c", `ps -eo pid=,args= | grep '^ *[0-9]* ${title}'`]))?.[1] ?? "";
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

Deno.test(
  "stop ends the probe of doctor, and takes it for no taken-over proxy",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await start(hv, [asOuter("bash", "-c", "exec -a probe sleep 1000")], ["probe"]);
    assert.doesNotMatch((await hv.control("stop")).stderr, /warning/);
    assert.deepEqual(await titlesOf(hv), []);
  }),
);

// A proxy that ends has no title while it gives its memory back.
for (const [verb, nth] of [["reload", 1], ["stop", 2]] as const) {
  Deno.test(
    `${verb} takes no process for a taken-over proxy's that ends while it looks`,
    { ignore: ROOTLESS },
    inLab(async (lab) => {
      const { hv } = await served(lab);
      await start(hv, [[...INSIDE, ...asInner(BR0, "bash", "-c", "exec -a ending sleep 1000")]], ["ending"]);
      await afterListing(hv, nth, `kill -KILL ${await pidOf(hv, "ending")}`);
      assert.equal((await hv.control(verb)).stderr, "");
      assert.ok(!(await titlesOf(hv)).includes("ending"));
    }),
  );
}

Deno.test(
  "a pass does not end a proxy that had no title yet when it looked",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const host = (await hv.host.text(["readlink", "/proc/self/ns/net"])).replaceAll(/\D/g, "");
    const marks = ["env", `${HOST_MARK}=${host}`, `${FLAGS_MARK}=--no-prompt`];
    await hv.host.text(["mkfifo", "--mode=666", "/run/held"]);
    // It drains, so that the pass has nothing else to do with it.
    const script = `trap 'exec -a "one_tproxy_br0 (draining)" cat <>/run/held' USR1; while :; do sleep 0.1; done`;
    await start(hv, [[...INSIDE, ...asInner(BR0, ...marks, "bash", "-c", script, "starting")]], ["bash -c trap"]);
    const pid = await pidOf(hv, "bash -c trap");
    const isProxy = `/run/real-ps -o args= -p ${pid} | grep -q draining`;
    await afterListing(hv, 1, `kill -USR1 ${pid}; until ${isProxy}; do :; done`);
    assert.equal((await hv.control("reload")).stderr, "");
    assert.match(await hv.host.text(["ps", "-o", "args=", "-p", pid]), /draining/);
  }),
);
