/**
 * What `start`, `reload`, `setup up` and `setup down` know of the configuration without reading it: a note of the last
 * reading, for as long as the file is the same.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ASK_ANOTHER } from "../lib/exit_code.ts";
import { parseBridgeName } from "../lib/names.ts";
import { DEFAULT_CONFIG_PATH, RUN_FILES } from "../lib/paths.ts";
import { innerOf } from "../lib/role.ts";
import { type Result, until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { CONFIG, inLab, served } from "./lab/scenario.ts";
import { vm } from "./lab/vm.ts";

const ROUTES = innerOf(parseBridgeName("br0")).routesFile;

/** Runs a small program alone, as no launcher does. */
function small(hv: Hypervisor, program: "tproxy" | "updown", ...args: string[]): Promise<Result> {
  return hv.host.run(hv.lineOf(program, args));
}

/** Runs it where nothing is to be said, and tells how it exits. */
async function quietly(hv: Hypervisor, program: "tproxy" | "updown", ...args: string[]): Promise<number> {
  const { code, stdout, stderr } = await small(hv, program, ...args);
  assert.equal(stdout, "");
  if (code !== 1) assert.equal(stderr, "");
  return code;
}

/** Starts until the configuration is noted, which one that has just been written is not. */
async function untilNoted(hv: Hypervisor): Promise<void> {
  await until("the configuration is noted", async () => {
    await hv.control("start");
    return (await small(hv, "tproxy", "start")).code === 0;
  });
}

function nft(hv: Hypervisor): Promise<string> {
  return hv.host.text(["nft", "-s", "list", "ruleset"]);
}

async function debugLevelOf(hv: Hypervisor): Promise<number> {
  return JSON.parse(await hv.host.text(["cat", ROUTES])).debugLevel;
}

Deno.test(
  "start and reload do without the configuration as long as it is the file that was read, and no longer",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await untilNoted(hv);
    assert.equal(await quietly(hv, "tproxy", "reload"), 0);
    assert.match(await hv.host.text(["stat", "-c", "%a %u:%g %F", RUN_FILES.config]), /^640 0:0 regular file$/m);

    const before = await debugLevelOf(hv);
    await hv.configure(CONFIG.replace(/level: \d/, "level: 1"));
    for (const verb of ["start", "reload", "restart", "stop"]) {
      assert.equal(await quietly(hv, "tproxy", verb), ASK_ANOTHER, verb);
    }
    assert.equal(await debugLevelOf(hv), before);
    await hv.control("start");
    assert.equal(await debugLevelOf(hv), 1);

    // Of the same size and time of change, as a file that is put back.
    await untilNoted(hv);
    const swap =
      `cp -p "$0" "$0.new" && sed -i 's/level: 1/level: 0/' "$0.new" && touch -r "$0" "$0.new" && mv "$0.new" "$0"`;
    await hv.host.text(["sh", "-c", swap, DEFAULT_CONFIG_PATH]);
    assert.equal(await quietly(hv, "tproxy", "start"), ASK_ANOTHER);
    await hv.control("reload");
    assert.equal(await debugLevelOf(hv), 0);

    await untilNoted(hv);
    lab.expectedRefusals.add("tproxy read /etc/other.conf");
    assert.equal(await quietly(hv, "tproxy", "start", "--config", "/etc/other.conf"), 1, "it may not even look at it");
    for (const text of ["", "[]", "{", '{"version":"0"}']) {
      await hv.host.write(RUN_FILES.config, text);
      assert.equal(await quietly(hv, "tproxy", "start"), ASK_ANOTHER, text);
    }
  }),
);

Deno.test(
  "a setting that is wrong is a warning each time, whether the configuration is read or noted",
  inLab(async (lab) => {
    const { hv } = await served(lab, CONFIG.replace(/level: \d/, "level: 9"));
    await untilNoted(hv);
    const warning = /:tproxy_debug_level: is 9/;
    assert.match((await small(hv, "tproxy", "start")).stderr, warning);
    await hv.host.text(["rm", RUN_FILES.config]);
    assert.match((await hv.control("start")).stderr, warning);
  }),
);

Deno.test(
  "up and down do without the configuration as long as it is the file that was read, and then do what setup does",
  inLab(async (lab) => {
    const wrong = "- :service_port: 5031\n  :remote_addr: 10.0.0.\n  :remote_port: 5031\n";
    const { hv } = await served(lab, CONFIG + wrong);
    const up = ["up", "--bridge=br0", "--network=vnet0", "--network-id=7"];
    await until("setup has noted the configuration", async () => {
      await hv.host.run(["rm", "-f", RUN_FILES.config]);
      await hv.setup(...up);
      return (await hv.host.run(["test", "-e", RUN_FILES.config])).code === 0;
    });
    // It says of the wrong entry what setup says.
    const noted = await small(hv, "updown", ...up);
    await hv.host.text(["rm", RUN_FILES.config]);
    assert.equal(await quietly(hv, "updown", ...up), ASK_ANOTHER);
    assert.deepEqual(noted, await hv.setup(...up));
    assert.match(noted.stderr, /:remote_addr: is 10\.0\.0\./);

    const before = await nft(hv);
    await hv.configure(CONFIG.replaceAll("5030", "5040"));
    assert.equal(await quietly(hv, "updown", ...up), ASK_ANOTHER);
    assert.equal(await nft(hv), before, "it changes nothing");
    assert.equal((await hv.setup(...up)).code, 0);
    assert.match(await nft(hv), /5040 : 10\.11\.12\.13 \. 5040/);

    assert.equal(await quietly(hv, "updown", "up", "--brigde", "br0"), ASK_ANOTHER);
    const { code, stderr } = await hv.setup("up", "--brigde", "br0");
    assert.deepEqual([code, /Did you mean --bridge/.test(stderr)], [2, true]);
    // No configuration is needed to take a bridge down.
    assert.equal((await small(hv, "updown", "down", "--bridge=br0")).code, 0);
    assert.doesNotMatch(await nft(hv), /5040/);
  }),
);

Deno.test(
  "a hook does without the configuration as long as it is the file that was read, and else leaves its input to another",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.bridge("br1");
    const deploy = () => hv.host.run(hv.lineOf("deploy", ["hook", "pre"]), vm(["br1", "7"]));
    await untilNoted(hv);
    assert.equal((await deploy()).code, 0);
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0", "one_tproxy_br1"]);

    await hv.configure(CONFIG.replaceAll("5030", "5040"));
    const before = await nft(hv);
    assert.deepEqual(await deploy(), { code: ASK_ANOTHER, stdout: "", stderr: "" });
    assert.equal(await nft(hv), before, "it changes nothing");
    assert.equal((await hv.hook(["pre"], vm(["br1", "7"]))).code, 0);
    assert.match(await nft(hv), /5040 : 10\.11\.12\.13 \. 5040/);
  }),
);

Deno.test(
  "a note counts only as a file of root's that nobody else may write",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    for (const spoil of [["chmod", "666"], ["chmod", "660"], ["chown", "1"]]) {
      await untilNoted(hv);
      await hv.host.text([...spoil, RUN_FILES.config]);
      assert.equal(await quietly(hv, "tproxy", "start"), ASK_ANOTHER, spoil.join(" "));
      await hv.host.text(["rm", RUN_FILES.config]);
    }
    await untilNoted(hv);
    await hv.host.text(["sh", "-c", 'mv "$0" "$0.real" && ln -s "$0.real" "$0"', RUN_FILES.config]);
    assert.equal(await quietly(hv, "tproxy", "start"), ASK_ANOTHER);
  }),
);
