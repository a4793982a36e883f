/**
 * Impostors: processes with the title, the namespace and the mark of a daemon, which any user can have.
 *
 * @module
 */

import assert from "node:assert/strict";
import { FLAGS_MARK, HOST_MARK } from "../../lib/protocol/lifecycle.ts";
import { numberOf } from "../../lib/daemon/owner.ts";
import { innerOf } from "../../lib/role.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { asUser } from "../lab/broken_out.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, makeScenario } from "../lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const BR1 = parseBridgeName("br1");

/**
 * Starts something that has a daemon's title, is in its namespace and has its mark; returns its process ID on the host.
 */
async function startImpostor(
  hv: Hypervisor,
  title: string,
  uid: number,
  gid: number,
  script = `exec -a ${title} cat < <(exec sleep 1000)`,
): Promise<number> {
  const host = (await hv.host.text(["readlink", "/proc/self/ns/net"])).replaceAll(/\D/g, "");
  const marks = [`${HOST_MARK}=${host}`, `${FLAGS_MARK}=--no-prompt`];
  const netns = title === "one_tproxy" ? [] : ["ip", "netns", "exec", title];
  const argv = asUser(uid, gid, "env", "-i", ...marks, "bash", "-c", script);
  hv.host.start([...netns, ...(uid === 0 ? argv.slice(argv.indexOf("env")) : argv)], { inside: true });
  return await until(`${title} seems to run`, async () => {
    const { stdout } = await hv.host.run(["ps", "-eo", "pid=,uid=,args="]);
    const row = new RegExp(`^ *(\\d+) +${uid} ${title}$`, "m").exec(stdout);
    return row !== null && Number(row[1]);
  });
}

Deno.test(
  "a stranger with title, namespace and mark neither counts as a daemon, nor keeps one from being started, nor is ended",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const titles = ["one_tproxy", "one_tproxy_br0"];
    const impostors: number[] = [];
    // A user of the host, and nobody.
    for (const id of [1000, 65534]) {
      for (const title of titles) impostors.push(await startImpostor(hv, title, id, id));
    }
    // A compromised inner of another bridge is ended.
    const other = numberOf(innerOf(BR1));
    const inners = [];
    for (const title of titles) inners.push(await startImpostor(hv, title, other, other));
    assert.deepEqual(await hv.tproxy("status"), { code: 3, stdout: "", stderr: "" });
    assert.match((await hv.tproxy("permissions", "--running")).stdout, /^no proxy runs/);
    await hv.control("start");
    await assertServed(guest);
    const pids = await hv.status();
    assert.deepEqual([...pids.keys()], titles);
    assert.ok(impostors.every((pid) => ![...pids.values()].includes(pid)));
    for (const verb of ["reload", "restart", "stop"]) await hv.control(verb);
    for (const pid of inners) assert.notEqual((await hv.host.run(["kill", "-0", `${pid}`])).code, 0);
    for (const pid of impostors) {
      assert.match(await hv.host.text(["ps", "-o", "args=", "-p", `${pid}`]), /^one_tproxy/);
    }
  }),
);

Deno.test(
  "the disguise is complete: a process of root's with it counts as a daemon",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    const pid = await startImpostor(hv, "one_tproxy", 0, 0);
    assert.equal((await hv.tproxy("status")).stdout, `one_tproxy: ${pid}\n`);
  }),
);

Deno.test(
  "with a configured user, a process of that user with title, namespace and mark counts as no daemon",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, `:tproxy_process_owner: daemon\n${CONFIG}`);
    await hv.up("br0");
    const [uid = NaN, gid = NaN] = (await hv.host.text(["sh", "-c", "id -u daemon; id -g daemon"])).split("\n").map(
      Number,
    );
    for (const title of ["one_tproxy", "one_tproxy_br0"]) await startImpostor(hv, title, uid, gid);
    assert.equal((await hv.tproxy("status")).code, 3);
    await hv.control("start");
    await assertServed(guest);
  }),
);

Deno.test(
  "a proxy that was taken over, goes on when it should end and gives itself another title is ended all the same",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab, `:tproxy_drain_timeout: 1\n${CONFIG}`);
    await hv.up("br0");
    const renamed = `trap "" TERM; exec -a renamed sleep 1000`;
    // A shell that reads its script from standard input has no arguments, like a proxy.
    const script = `exec -a one_tproxy_br0 bash < <(echo 'trap "${
      renamed.replaceAll('"', '\\"')
    }" TERM; sleep 1000 & wait')`;
    const own = numberOf(innerOf(BR0));
    const pid = await startImpostor(hv, "one_tproxy_br0", own, own, script);
    await hv.control("stop");
    assert.equal(
      (await hv.host.run(["ps", "-o", "pid=,args=", "-p", `${pid}`])).stdout.replace(/^.*<defunct>\n$/, ""),
      "",
    );
  }),
);
