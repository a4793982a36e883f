/**
 * `tproxy permissions`: what each program may do, and whether those that run may do just that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { daemonFlags } from "../lib/daemon/daemon_flags.ts";
import { setupPermissions, toFlags, tproxyPermissions } from "../lib/daemon/permissions.ts";
import { scripts } from "../lib/daemon/siblings.ts";
import { DEFAULT_CONFIG_PATH, parseBridgeName } from "../lib/names.ts";
import { until } from "./lab/command.ts";
import { startDownload } from "./lab/download.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, GATE, inLab, makeScenario } from "./lab/scenario.ts";

const [BR0, BR1] = [parseBridgeName("br0"), parseBridgeName("br1")];
const OWNER = ROOTLESS ? "root" : "nobody";
const ENDPOINT = { servicePort: 5030, remoteAddr: GATE, remotePort: 5030 };

/** Has nft say that br0's service is somewhere else, without a word to the proxies. */
async function moveService(hv: Hypervisor, address: string): Promise<void> {
  const element = ["element", "ip", "one_tproxy", "ep_br0"];
  await hv.host.text(["nft", "delete", ...element, "{ 5030 }"]);
  await hv.host.text(["nft", "add", ...element, `{ 5030 : ${address} . 5030 }`]);
}

/** What `permissions --running` prints, the process IDs left out. */
async function compare(hv: Hypervisor, ...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, stdout, stderr } = await hv.tproxy("permissions", "--running", ...args);
  assert.equal(stderr, "");
  return { code, lines: stdout.trim().split("\n").map((line) => line.replace(/\(\d+/, "(PID")) };
}

Deno.test(
  "permissions prints user and flags of each program, and of the inner of each bridge",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.bridge("br1");
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    const bridges = new Map([[BR0, { endpoints: [ENDPOINT] }], [BR1, { endpoints: [ENDPOINT] }]]);
    const programs = [
      { entrypoint: "setup", user: "root", flags: toFlags(setupPermissions(DEFAULT_CONFIG_PATH)) },
      { entrypoint: "tproxy", user: "root", flags: toFlags(tproxyPermissions(DEFAULT_CONFIG_PATH, scripts())) },
      { entrypoint: "outer", user: OWNER, flags: daemonFlags(undefined, bridges, scripts()) },
      { entrypoint: "inner", bridge: "br0", user: OWNER, flags: daemonFlags(BR0, bridges, scripts()) },
      { entrypoint: "inner", bridge: "br1", user: OWNER, flags: daemonFlags(BR1, bridges, scripts()) },
    ];
    const json = await hv.tproxy("permissions", "--json");
    assert.deepEqual(JSON.parse(json.stdout), programs);
    const text = programs.map(({ entrypoint, bridge = "", user, flags }) =>
      [`${`${entrypoint} ${bridge}`.trim()}, as ${user}`, ...flags].join("\n  ")
    );
    assert.deepEqual(await hv.tproxy("permissions"), { code: 0, stdout: `${text.join("\n\n")}\n`, stderr: "" });
    assert.equal((await hv.tproxy("permissions", "outer")).stdout, `${text[2]}\n`);
    assert.equal((await hv.tproxy("permissions", "inner")).stdout, `${text.slice(3).join("\n\n")}\n`);
  }),
);

Deno.test(
  "permissions has an example where no bridge has endpoints, and asks nft only for what depends on it",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    const { code, stdout } = await hv.tproxy("permissions");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /\n\ninner <br>, as \w+\n(?: {2}--\S+\n)+\nNo bridge has endpoints now: <br> stands for one\./,
    );
    await hv.host.text(["mount", "--bind", "/usr/bin/false", "/usr/sbin/nft"]);
    for (const program of ["setup", "tproxy"]) {
      assert.match(
        (await hv.tproxy("permissions", program)).stdout,
        new RegExp(`^${program}, as root\n(?:  --.+\n)+$`),
      );
    }
    const failed = await hv.tproxy("permissions");
    assert.deepEqual([failed.code, failed.stdout], [1, ""]);
    assert.match(failed.stderr, /^tproxy: error: .*nft.*\n$/);
  }),
);

Deno.test(
  "permissions answers a program that there is not with usage",
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
  "permissions --running says ok of what has just been started",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    assert.deepEqual(await compare(hv), { code: 0, lines: ["no proxy runs"] });
    await hv.bridge("br1");
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    await hv.control("start");
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
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
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
  "permissions --running tells a proxy that drains, and what it still may do",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
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
  "permissions --running tells that the proxies run as a user that is not configured any more",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
    await hv.configure(`:tproxy_process_owner: daemon\n${CONFIG}`);
    const uid = (await hv.host.text(["id", "-u", "daemon"])).trim();
    const differs = ["one_tproxy", "one_tproxy_br0"].map((title) => `${title} (PID): user 65534, expected ${uid}`);
    assert.deepEqual(await compare(hv), { code: 1, lines: differs });
    for (const verb of ["stop", "start"]) await hv.control(verb);
    assert.deepEqual(await compare(hv), { code: 0, lines: ["one_tproxy (PID): ok", "one_tproxy_br0 (PID): ok"] });
  }),
);

Deno.test(
  "permissions --running tells a namespace of the past, and a proxy that serves nothing any more",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    await hv.control("start");
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
