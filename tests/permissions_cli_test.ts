/**
 * `tproxy permissions`: what each program may do, and whether the running ones may do exactly that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../lib/daemon/owner.ts";
import { innerOf, OUTER, type Role } from "../lib/role.ts";
import { listGrants, renderGrants } from "../lib/commands/permissions_report.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { COMMAND_PROGRAMS } from "../lib/permissions/verbs.ts";
import { parseBridgeName } from "../lib/names.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const ownerOf = (role: Role) => ROOTLESS ? "root" : `${numberOf(role)}`;

/** Changes the address of br0's service in nft, and does not tell the proxies. */
async function moveService(hv: Hypervisor, address: string): Promise<void> {
  await hv.configure(CONFIG.replace(GATE, address));
  await hv.up("br0");
}

/** What `permissions --running` prints, the process IDs left out. */
async function compare(hv: Hypervisor, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, stdout, stderr } = await hv.tproxy("permissions", "--running", ...args);
  assert.equal(stderr, "");
  return { code, lines: stdout.trim().split("\n").map((line) => line.replace(/\(\d+/, "(PID")) };
}

Deno.test(
  "permissions prints the table for every program, or for one, whatever there is of nft, configuration and proxies",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    for (const program of ["/usr/sbin/nft", "/usr/bin/ps", "/usr/bin/getent"]) {
      await hv.host.text(["mount", "--bind", "/usr/bin/false", program]);
    }
    await hv.host.text(["rm", DEFAULT_CONFIG_PATH]);
    const grants = listGrants(DEFAULT_CONFIG_PATH, checkout());
    const json = await hv.tproxy("permissions", "--json");
    assert.deepEqual(JSON.parse(json.stdout), grants);
    assert.deepEqual(await hv.tproxy("permissions"), { code: 0, stdout: `${renderGrants(grants)}\n`, stderr: "" });
    for (const entrypoint of [...COMMAND_PROGRAMS, "outer", "inner", "probe"]) {
      const own = grants.filter((grant) => grant.entrypoint === entrypoint);
      assert.equal((await hv.tproxy("permissions", entrypoint)).stdout, `${renderGrants(own)}\n`);
    }
  }),
);

Deno.test(
  "permissions answers the name of an unknown program with usage",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    for (const args of [["iner"], ["setup", "--running"], ["outer", "inner"]]) {
      const { code, stdout, stderr } = await hv.tproxy("permissions", ...args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, /^error: .+\n\nUsage: tproxy permissions /);
    }
  }),
);

Deno.test(
  "permissions --running says ok of proxies that have just been started",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    assert.deepEqual(await compare(hv), { code: 3, lines: ["no proxy runs: nothing is known of its permissions"] });
    assert.deepEqual(await compare(hv, "--json"), { code: 3, lines: ["[]"] });
    await hv.bridge("br1");
    await hv.serve("br0", "br1");
    const pids = await hv.status();
    const { code, stdout } = await hv.tproxy("permissions", "--running");
    assert.equal(stdout, [...pids].map(([title, pid]) => `${title} (${pid}): ok\n`).join(""));
    assert.equal(code, 0);
    assert.deepEqual((await compare(hv, "outer")).lines, ["one_tproxy (PID): ok"]);
    assert.deepEqual((await compare(hv, "inner")).lines, ["one_tproxy_br0 (PID): ok", "one_tproxy_br1 (PID): ok"]);
    const json = JSON.parse((await hv.tproxy("permissions", "--running", "--json", "inner")).stdout);
    assert.deepEqual(json[1], {
      title: "one_tproxy_br1",
      bridge: "br1",
      pid: pids.get("one_tproxy_br1"),
      draining: false,
      differences: [],
    });
  }),
);

Deno.test(
  "permissions --running names what outer may dial and should not, until it is reloaded",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await moveService(hv, "10.11.12.77");
    assert.deepEqual(await compare(hv), {
      code: 1,
      lines: [
        `one_tproxy (PID): --allow-net=${GATE}:5030 is too much`,
        "one_tproxy (PID): --allow-net=10.11.12.77:5030 is missing",
        "one_tproxy_br0 (PID): ok",
      ],
    });
    await hv.control("reload");
    const ok = ["one_tproxy (PID): ok", "one_tproxy_br0 (PID): ok"];
    await until("the old outer is gone", async () => (await compare(hv)).lines.length === ok.length);
    assert.deepEqual(await compare(hv), { code: 0, lines: ok });
  }),
);

Deno.test(
  "permissions --running shows a draining proxy, and what it still may do",
  inLab(async (lab) => {
    const { hv, gate, guest } = await served(lab);
    const download = await startDownload(gate, guest);
    await moveService(hv, "10.11.12.77");
    await hv.control("reload");
    const { code, lines } = await compare(hv, "outer");
    assert.equal(code, 1);
    assert.deepEqual(
      lines.toSorted(),
      [
        `one_tproxy (PID, draining): --allow-net=${GATE}:5030 is too much`,
        "one_tproxy (PID, draining): --allow-net=10.11.12.77:5030 is missing",
        "one_tproxy (PID): ok",
      ].toSorted(),
    );
    assert.ok(await download.finish());
  }),
);

Deno.test(
  "permissions --running shows that the proxies run as a user that is no longer configured",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.configure(`:tproxy_process_owner: daemon\n${CONFIG}`);
    const uid = (await hv.host.text(["id", "-u", "daemon"])).trim();
    const users = { one_tproxy: ownerOf(OUTER), one_tproxy_br0: ownerOf(innerOf(BR0)) };
    const differs = Object.entries(users).map(([title, user]) => `${title} (PID): user ${user}, expected ${uid}`);
    // Outer reaches a bridge's folder as its owner, or, where all are one user, by the bridge's group.
    differs.splice(1, 0, `one_tproxy (PID): other groups none, expected ${ownerOf(innerOf(BR0))}`);
    assert.deepEqual(await compare(hv), { code: 1, lines: differs });
    for (const verb of ["stop", "start"]) await hv.control(verb);
    assert.deepEqual(await compare(hv), { code: 0, lines: ["one_tproxy (PID): ok", "one_tproxy_br0 (PID): ok"] });
  }),
);

Deno.test(
  "permissions --running shows a proxy in a deleted namespace, and one that serves nothing any more",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.host.text(["ip", "netns", "delete", "one_tproxy_br0"]);
    await hv.host.text(["ip", "netns", "add", "one_tproxy_br0"]);
    const { code, lines: [outer, inner, ...others] } = await compare(hv);
    assert.deepEqual([code, outer, others], [1, "one_tproxy (PID): ok", []]);
    assert.match(inner ?? "", /^one_tproxy_br0 \(PID\): network namespace \d+, expected \d+$/);
    await hv.down("br0");
    const nothing = "should not run: nothing is left for it to serve";
    assert.deepEqual(await compare(hv), {
      code: 1,
      lines: [`one_tproxy (PID): ${nothing}`, `one_tproxy_br0 (PID): ${nothing}`],
    });
  }),
);
