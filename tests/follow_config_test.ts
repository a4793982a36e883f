/**
 * `tproxy watch` follows the configuration: after `onehost sync -f` nothing else is to be done, and a file that is not
 * what it should be takes nothing away.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Background, until } from "../packaging/command.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import type { Lab } from "./lab/lab.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, GATE, inLab, isRefused, isServed, makeScenario, type Scenario } from "./lab/scenario.ts";

/** A second service, at another port. */
const second = (port: number) => `- :service_port: ${port}\n  :remote_addr: ${GATE}\n  :remote_port: 5030\n`;

/** The usual scenario, set up and watched until the guest is served. Nothing but the file is touched after this. */
async function followed(lab: Lab, config: string): Promise<Scenario & { watch: Background }> {
  const scenario = await makeScenario(lab, config);
  await scenario.hv.up("br0");
  const watch = scenario.hv.startWatch();
  await until("the guest is served", () => isServed(scenario.guest), 30);
  return { ...scenario, watch };
}

function says(watch: Background, what: RegExp): Promise<unknown> {
  return until(`the watch says ${what}`, () => Promise.resolve(what.test(watch.output)), 60);
}

function count(watch: Background, what: RegExp): number {
  return watch.output.match(new RegExp(what.source, "gm"))?.length ?? 0;
}

Deno.test(
  "a running guest is served by what was configured after its start, and not by what has gone, with nothing but the file",
  inLab(async (lab) => {
    const { hv, guest, gate } = await followed(lab, CONFIG + second(81));
    await gate.text(["dd", "if=/dev/urandom", "of=/run/nginx-5030/files/known", "bs=1M", "count=8", "status=none"]);
    const sum = (await gate.text(["sha256sum", "/run/nginx-5030/files/known"])).slice(0, 64);
    const get = "curl -sS --fail --limit-rate 500k http://169.254.16.9:81/files/known | sha256sum";
    const stream = guest.start(["sh", "-c", get]);
    await hv.configure(CONFIG + second(82));
    await until("the new service answers", () => isServed(guest, 82), 60);
    await until("the old one is gone", () => isRefused(guest, 81), 60);
    await assertServed(guest);
    assert.equal(await stream.ended(), 0, stream.output);
    assert.equal(stream.output, `${sum}  -\n`);
    const { stdout } = await hv.setup("list");
    assert.match(stdout, /^br0 .* 82 +\S+\nbr0 .* 5030 +\S+$/m);
  }),
);

const LATER = CONFIG + second(81) + second(83);

for (
  const [what, file, said] of [
    ["is not YAML", `${CONFIG}  - [`, /^error: .*OpenNebulaNetwork\.conf:\d+:\d+.*what is served stays as it is/m],
    ["is empty", "", /^warning: .*has no :tproxy: key; what is served stays as it is/m],
    [
      "has lost what makes entries of its services",
      `${CONFIG.replace("remote_port", "remoteport")}${second(81).replace("remote_addr", "addr")}`,
      /^warning: .*:\d+:3: :remoteport: is 5030; expected the key to be :remote_port:/m,
    ],
    [
      "has lost most of its services",
      ":tproxy: []\n",
      /^warning: 2 of 2 services would go.* run "tproxy apply --yes"/m,
    ],
  ] as const
) {
  Deno.test(
    `a file that ${what} takes nothing away, is told of once, and the next good one is followed`,
    inLab(async (lab) => {
      const { hv, guest, watch } = await followed(lab, CONFIG + second(81));
      const proxies = await hv.status();
      await hv.configure(file);
      await says(watch, said);
      // Names are resolved again, and what could not be applied is tried again, half a minute later.
      await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 82 : 10.11.12.13 . 5030 }"]);
      await until("there was another pass", () => isServed(guest, 82), 60);
      for (const port of [5030, 81]) await assertServed(guest, port);
      assert.equal(count(watch, said), 1, watch.output);
      assert.deepEqual(await hv.status(), proxies, "no proxy was replaced");
      await hv.configure(LATER);
      await until("the next one is followed", () => isServed(guest, 83), 60);
      assert.equal(count(watch, said), 1, watch.output);
    }),
  );
}

Deno.test(
  "a file that is gone takes nothing away, not even the proxies' user, and is told of once",
  inLab(async (lab) => {
    const { hv, guest, watch } = await followed(lab, ROOTLESS ? CONFIG : `:tproxy_process_owner: nobody\n${CONFIG}`);
    const proxies = await hv.status();
    await hv.host.text(["mv", DEFAULT_CONFIG_PATH, "/run/away"]);
    await says(watch, /there is no such file; .*what is served stays as it is/);
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 82 : 10.11.12.13 . 5030 }"]);
    await until("there was another pass", () => isServed(guest, 82), 60);
    await assertServed(guest);
    assert.deepEqual(await hv.status(), proxies);
    assert.equal(count(watch, /there is no such file/), 1, watch.output);
  }),
);

Deno.test(
  "the file is not followed where it says so, and apply does it then",
  inLab(async (lab) => {
    const off = `:tproxy_follow_config: false\n${CONFIG}`;
    const { hv, guest, watch } = await followed(lab, off);
    await hv.configure(off + second(81).replace("81", "0"));
    await says(watch, /:service_port: is 0; expected/);
    await hv.configure(off + second(81) + second(0));
    await until("it has been looked at", () => Promise.resolve(/:1\d:\d+: :service_port: is 0/.test(watch.output)), 60);
    assert.ok(await isRefused(guest, 81));
    assert.equal((await hv.tproxy("apply")).code, 0);
    await assertServed(guest, 81);
  }),
);

Deno.test(
  "a network that had no service when its VM started gets one by the file alone",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, ":tproxy: []\n");
    await hv.up("br0");
    const watch = hv.startWatch();
    await says(watch, /Watching/);
    await hv.configure(CONFIG);
    await until("the guest is served", () => isServed(guest), 60);
  }),
);

Deno.test(
  "a bridge that can't follow keeps no other from following, and follows when it can",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.bridge("ba1");
    await hv.serve("br0", "ba1");
    await hv.host.ip("link delete dev ba1b", "link add name ba1b type bridge");
    const watch = hv.startWatch();
    await hv.configure(CONFIG + second(81));
    await until("the other follows", () => isServed(guest, 81), 60);
    await says(watch, /^error: Cannot apply the configuration to a bridge; it stays as it was \(bridge=ba1, /m);
    await hv.host.ip("link delete dev ba1b");
    const listed = async () => (await hv.setup("list")).stdout;
    await until("it follows", async () => /^ba1 .* 81 +\S+$/m.test(await listed()), 90);
  }),
);
