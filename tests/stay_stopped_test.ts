/**
 * `tproxy stop` holds: a watch that runs, or is started later, starts nothing until an operator or a driver does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { assertServed, inLab, makeScenario, served } from "./lab/scenario.ts";

const STAYS_STOPPED = /The proxies were stopped by "tproxy stop"/g;

Deno.test(
  "a stop holds while it is watched, through everything that makes a pass, and says so once; start ends it",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const watch = hv.startWatch();
    await until("it watches", () => Promise.resolve(watch.output.includes("Watching")));
    await hv.control("stop");
    await until("the watch says so", () => Promise.resolve(watch.output.match(STAYS_STOPPED) !== null));

    // The pass that has restored the bridge would also have started the proxies.
    for (let i = 0; i < 2; i++) {
      await hv.host.text(["nft", "flush", "ruleset"]);
      await hv.host.text(["pkill", "-HUP", "-f", "cmd/watch.ts watch"]);
      await until("a pass has restored the rules", async () => {
        return (await hv.host.run(["nft", "list", "chain", "bridge", "one_tproxy", "guard_br0"])).code === 0;
      });
    }
    const later = hv.startWatch();
    await until("a new watch says so, too", () => Promise.resolve(later.output.match(STAYS_STOPPED) !== null));
    assert.doesNotMatch(await hv.host.text(["ps", "-eo", "args="]), /^one_tproxy/m);
    assert.equal(watch.output.match(STAYS_STOPPED)?.length, 1, watch.output);

    const { code, stderr } = await hv.tproxy("status");
    assert.equal(code, 3);
    assert.match(stderr, /^The proxies were stopped by "tproxy stop"; run "tproxy start"$/m);
    assert.equal(JSON.parse((await hv.tproxy("status", "--json")).stdout).stopped, true);

    await hv.control("start");
    await assertServed(guest);
    assert.equal(JSON.parse((await hv.tproxy("status", "--json")).stdout).stopped, false);
  }),
);

for (const verb of ["restart", "reload"]) {
  Deno.test(
    `${verb} ends a stop, after which the watch starts what ends`,
    inLab(async (lab) => {
      const { hv } = await makeScenario(lab);
      await hv.up("br0");
      await hv.control("stop");
      const watch = hv.startWatch();
      await until("the watch says so", () => Promise.resolve(watch.output.match(STAYS_STOPPED) !== null));
      await hv.control(verb);
      const pid = (await hv.status()).get("one_tproxy_br0");
      await hv.host.text(["kill", "-KILL", String(pid)]);
      await until("there is a new one", async () => {
        return ![undefined, pid].includes((await hv.status()).get("one_tproxy_br0"));
      });
    }),
  );
}
