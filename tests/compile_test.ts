/**
 * The compiled programs. Making binaries that run takes a denort, which is not available everywhere. How they are made
 * and started is tested without one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandLine, type DaemonStart, environmentOf } from "../lib/daemon/command_line.ts";
import { compiled as compiledForm, compiledFlags } from "../lib/permissions/compiled.ts";
import { runtimeFlags } from "../lib/permissions/run_by_deno.ts";
import { parseBridgeName } from "../lib/names.ts";
import { innerOf, OUTER, type Role } from "../lib/role.ts";
import { READY } from "../lib/protocol/lifecycle.ts";
import { compileArguments, ENTRYPOINTS } from "../packaging/binaries.ts";
import { until } from "../packaging/command.ts";
import { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { runInstalled, serve, unserve } from "./lab/installed.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, inLab, makeScenario, served } from "./lab/scenario.ts";

const BUILD = new URL("../.build/", import.meta.url).pathname;
const COMPILED = `${BUILD}compiled`;
const PLACE = "/run/compiled";
const BR0 = parseBridgeName("br0");

/** Whether there was a denort before the lab was entered: `deno task compile` says why if there was none. */
async function isCompiled(): Promise<boolean> {
  try {
    return (await Deno.stat(`${COMPILED}/tproxy-outer`)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * What a binary will be allowed, as `deno compile` writes it: no value is no permission, and no element is all of it.
 */
function metadataOf(flags: readonly string[]): Map<string, string[]> {
  return new Map(
    flags.flatMap((flag) => {
      const [, kind = "", values] = /^--((?:allow|deny)-\w+)(?:=(.*))?$/.exec(flag) ?? [];
      return kind === "" ? [] : [[kind.replace("-", "_"), values?.split(",") ?? []] as const];
    }),
  );
}

Deno.test("every program is compiled with exactly its flags, and may ask for no more nor load anything", async () => {
  await using host = await Host.create("compiler");
  for (const entrypoint of ENTRYPOINTS) {
    const args = compileArguments(entrypoint, `${BUILD}inner.js`, "/run/binary");
    // The runtime in place of a denort: what it makes does not run, but says what it would be allowed.
    await host.text(["/usr/bin/env", `DENORT_BIN=${Deno.execPath()}`, Deno.execPath(), ...args]);
    const find = `tail -c 300000 /run/binary | grep -a -o '{"argv":.*"app_name":"[^"]*"}'`;
    const { permissions, code_cache_key, unstable_config, v8_flags } = JSON.parse(await host.text(["sh", "-c", find]));
    const { prompt, allow_import: _default, deny_import, ...kinds } = permissions;
    const granted = new Map(Object.entries(kinds).filter(([, values]) => values !== null));
    assert.deepEqual(granted, metadataOf(compiledFlags(entrypoint)));
    assert.deepEqual([prompt, deny_import, code_cache_key], [false, [], null]);
    assert.deepEqual(unstable_config.features, entrypoint === "inner" ? ["net"] : []);
    const isDaemon = entrypoint === "inner" || entrypoint === "outer";
    assert.equal(v8_flags.includes("--max-semi-space-size=4"), isDaemon);
  }
});

/** Puts in place of a compiled daemon a script that runs its bundle with the flags that it is compiled with. */
async function putStandIn(hv: Hypervisor, name: string, entrypoint: Role["program"]): Promise<void> {
  const runtime = runtimeFlags(entrypoint);
  const flags = [...runtime, ...compiledFlags(entrypoint)].map((flag) => `'${flag}'`).join(" ");
  const deno = `DENO_DIR=/dev/null exec ${PLACE}/deno run --quiet --no-config --no-lock --no-npm`;
  await hv.host.text(["cp", `${BUILD}${entrypoint}.js`, PLACE]);
  await hv.host.write(`${PLACE}/${name}`, `#!/bin/sh\n${deno} ${flags} ${PLACE}/${entrypoint}.js "$@"\n`);
  await hv.host.text(["chmod", "755", `${PLACE}/${name}`]);
}

Deno.test(
  "inner and outer work with the permissions they are compiled with, and a change back to scripts replaces them",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const before = await hv.status();
    await hv.host.text(["kill", "-KILL", ...[...before.values()].map(String)]);
    await hv.host.text(["mkdir", PLACE]);
    await hv.host.text(["cp", Deno.execPath(), `${PLACE}/deno`]);
    await putStandIn(hv, "tproxy-outer", "outer");
    await putStandIn(hv, "tproxy-inner", "inner");
    const owner = ROOTLESS ? { name: "root", uid: 0, gid: 0 } : undefined;
    const host = Number((await hv.host.text(["readlink", "/proc/self/ns/net"])).replaceAll(/\D/g, ""));
    for (const role of [OUTER, innerOf(BR0)]) {
      const flags = compiledFlags(role.program);
      const start: DaemonStart = {
        role,
        flags,
        owner,
        resources: [],
        groups: [],
        host,
        form: compiledForm(`${PLACE}/tproxy`),
      };
      const environment = Object.entries(environmentOf(start)).map(([name, value]) => `${name}=${value}`);
      const daemon = hv.host.start(["/usr/bin/env", "-i", ...environment, ...commandLine(start)], { inside: true });
      await until("the daemon serves", () => Promise.resolve(daemon.output.startsWith(READY)));
      assert.equal(daemon.output.trim(), READY);
    }
    await assertServed(guest);
    const compiled = await hv.status();
    assert.deepEqual([...compiled.keys()], ["one_tproxy", "one_tproxy_br0"]);
    await hv.control("start");
    const after = await hv.status();
    for (const [title, pid] of compiled) assert.notEqual(after.get(title), pid);
    await assertServed(guest);
  }),
);

Deno.test({
  name: "the compiled programs serve a guest, and a new remote needs no new outer (needs a denort)",
  ignore: !await isCompiled(),
  fn: inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    const { host } = scenario.hv;
    // Where the daemons' user can read them, wherever the checkout is.
    await host.text(["mkdir", PLACE]);
    await host.text(["mount", "--bind", COMPILED, PLACE]);
    await serve(scenario, PLACE);
    const before = await runInstalled(scenario, PLACE, "tproxy", "status");
    const element = "{ 81 : 10.11.12.13 . 5030, 82 : 10.11.12.14 . 80 }";
    await host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", element]);
    await runInstalled(scenario, PLACE, "tproxy", "start");
    assert.equal((await runInstalled(scenario, PLACE, "tproxy", "status")).stdout, before.stdout);
    await assertServed(scenario.guest, 81);
    await unserve(scenario, PLACE);
  }),
});
