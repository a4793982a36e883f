/**
 * File descriptors: how many a daemon has, and what it does when it has too few.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { assertServed, CONFIG, entry, inLab, isServed, makeScenario } from "../lab/scenario.ts";
import { clientState, makeCrowd, startClient, startService } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, limit, usageOf } from "./measure.ts";

/** How many descriptors a daemon may have. */
async function softLimit(hv: Hypervisor, pid: number): Promise<number> {
  const limits = await hv.host.text(["cat", `/proc/${pid}/limits`]);
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
}

for (const title of ["one_tproxy_br0", "one_tproxy"]) {
  Deno.test(
    `${title} goes on when it has descriptors again, after it had none`,
    inLab(async (lab) => {
      const { hv, gate, guest, neighbour, stranger } = await makeCrowd(lab, { entries: entry(7) });
      await startService(gate, 7, "echo");
      const pids = await hv.status();
      const idle = await usageOf(hv);
      await limit(hv, pids.get(title) ?? 0, `--nofile=${(idle.get(title)?.descriptors ?? 0) + 40}`);
      const before = await ask([stranger]);
      const client = startClient(guest, { port: 7, count: 300, how: "echo" });
      await clientState(client, "some are served", ({ opened, answers }) => opened === 300 && answers > 30);
      await until("the log says so", async () => {
        return (await hv.log(title)).some(({ error }) => /Too many open files/.test(String(error)));
      });
      // Outer serves all bridges; an inner serves only its own.
      if (title !== "one_tproxy") assertUndisturbed("no descriptors", [stranger], before, await ask([stranger]));
      const { answers } = await clientState(client, "it speaks", () => true);
      await clientState(client, "those that were served still are", (state) => state.answers > answers + 30);
      client.signal("SIGKILL");
      for (const other of [neighbour, stranger]) {
        await until(`${other.name} is served again`, () => isServed(other));
      }
      await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
      assert.deepEqual(await hv.status(), pids);
      const errors = (await hv.log(title)).filter(({ level }) => level === "error");
      assert.ok(errors.length < 60, `${errors.length} lines`);
    }),
  );
}

Deno.test(
  "a daemon has descriptors for as many streams as it may carry, and a reload gives it what it lacks",
  inLab(async (lab) => {
    // Among processes of one user, root can read and set limits without CAP_SYS_RESOURCE.
    const owner = ":tproxy_process_owner: root\n";
    const { hv } = await makeScenario(lab, `${owner}${CONFIG}`);
    await hv.up("br0");
    const softly = ["prlimit", "--nofile=256:", ...hv.tproxyArgv("start")];
    assert.equal((await hv.host.run(softly)).code, 0);
    const pids = await hv.pids();
    for (const pid of pids) assert.ok(await softLimit(hv, pid) >= 2 * 8192, "it was started with too few");
    for (const pid of pids) await limit(hv, pid, "--nofile=100:");
    await hv.configure(`${owner}:tproxy_max_connections: 3000\n${CONFIG}`);
    const { stderr } = await hv.control("reload");
    assert.doesNotMatch(stderr, /descriptors/);
    const [outer = 0, inner = 0] = await Promise.all(pids.map((pid) => softLimit(hv, pid)));
    assert.ok(outer >= 6000 && inner >= 8192, `outer may have ${outer}, inner ${inner}`);
    assert.deepEqual(await hv.pids(), pids);
  }),
);

Deno.test(
  "descriptors that the host does not allow are one warning, and the proxies serve with what they have",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const powerless = ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"];
    const { code, stderr } = await hv.host.run([
      ...powerless,
      "prlimit",
      "--nofile=900:900",
      ...hv.tproxyArgv("start"),
    ]);
    assert.equal(code, 0, stderr);
    const warnings = stderr.split("\n").filter((line) => /descriptors/.test(line));
    assert.deepEqual(warnings, [
      "warning: Too few file descriptors for the configured limits; raise the hard limit of open files, or lower them " +
      "(proxies=one_tproxy one_tproxy_br0, descriptors=900)",
    ]);
    await assertServed(guest);
    const enough = `:tproxy_max_connections: 150\n:tproxy_max_connections_per_bridge: 150\n${CONFIG}`;
    await hv.configure(enough);
    const after = await hv.host.run([...powerless, "prlimit", "--nofile=900:900", ...hv.tproxyArgv("reload")]);
    assert.doesNotMatch(after.stderr, /descriptors/);
  }),
);
