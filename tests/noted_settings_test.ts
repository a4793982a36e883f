/**
 * What `start` and `reload` know of the configuration without reading it: a note of the last reading, for as long as the file is the
 * same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ASK_ANOTHER } from "../lib/exit_code.ts";
import { DEFAULT_CONFIG_PATH, parseBridgeName, RUN_FILES } from "../lib/names.ts";
import { innerOf } from "../lib/role.ts";
import { until } from "../packaging/command.ts";
import { type Hypervisor, lineOf } from "./lab/hypervisor.ts";
import { CONFIG, inLab, served } from "./lab/scenario.ts";

const ROUTES = innerOf(parseBridgeName("br0")).routesFile;

/** Runs the small program alone, as no launcher does, and tells how it exits. */
async function small(hv: Hypervisor, verb: string, ...args: string[]): Promise<number> {
  const { code, stdout, stderr } = await hv.host.run(lineOf("tproxy", [verb, ...args]));
  assert.equal(stdout, "");
  if (code !== 1) assert.equal(stderr, "");
  return code;
}

/** Starts until the configuration is noted, which one that has just been written is not. */
async function untilNoted(hv: Hypervisor): Promise<void> {
  await until("the configuration is noted", async () => {
    await hv.control("start");
    return await small(hv, "start") === 0;
  });
}

async function debugLevelOf(hv: Hypervisor): Promise<number> {
  return JSON.parse(await hv.host.text(["cat", ROUTES])).debugLevel;
}

Deno.test(
  "start and reload do without the configuration as long as it is the file that was read, and no longer",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await untilNoted(hv);
    assert.equal(await small(hv, "reload"), 0);
    assert.match(await hv.host.text(["stat", "-c", "%a %u:%g %F", RUN_FILES.settings]), /^640 0:0 regular file$/m);

    const before = await debugLevelOf(hv);
    await hv.configure(CONFIG.replace(/level: \d/, "level: 1"));
    for (const verb of ["start", "reload", "restart", "stop"]) assert.equal(await small(hv, verb), ASK_ANOTHER, verb);
    assert.equal(await debugLevelOf(hv), before);
    await hv.control("start");
    assert.equal(await debugLevelOf(hv), 1);

    // Of the same size and time of change, as a file that is put back.
    await untilNoted(hv);
    const swap =
      `cp -p "$0" "$0.new" && sed -i 's/level: 1/level: 0/' "$0.new" && touch -r "$0" "$0.new" && mv "$0.new" "$0"`;
    await hv.host.text(["sh", "-c", swap, DEFAULT_CONFIG_PATH]);
    assert.equal(await small(hv, "start"), ASK_ANOTHER);
    await hv.control("reload");
    assert.equal(await debugLevelOf(hv), 0);

    await untilNoted(hv);
    assert.equal(await small(hv, "start", "--config", "/etc/other.conf"), 1, "it may not even look at it");
    for (const text of ["", "[]", "{", '{"version":"0"}']) {
      await hv.host.write(RUN_FILES.settings, text);
      assert.equal(await small(hv, "start"), ASK_ANOTHER, text);
    }
  }),
);

Deno.test(
  "a configuration whose settings are wrong is read each time, so that it is a warning each time",
  inLab(async (lab) => {
    const { hv } = await served(lab, CONFIG.replace(/level: \d/, "level: 9"));
    await until("it is as old as a good one that is noted", async () => {
      const old = ["find", DEFAULT_CONFIG_PATH, "!", "-newerct", "3 seconds ago"];
      return await hv.host.text(old) !== "";
    });
    for (let i = 0; i < 2; i++) assert.match((await hv.control("start")).stderr, /:tproxy_debug_level: is 9/);
    assert.equal((await hv.host.run(["test", "-e", RUN_FILES.settings])).code, 1);
  }),
);
