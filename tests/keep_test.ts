/**
 * What a change of the configuration does to a served service: only a removed entry removes it.
 *
 * @module
 */

import assert from "node:assert/strict";
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, CONFIG, GATE, inLab, makeScenario } from "./lab/scenario.ts";
import { base64 } from "./lab/vm.ts";

const UP = ["up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"];

/** A second service, for the one network. */
const SECOND = `- :service_port: 80
  :remote_addr: 10.11.12.34
  :remote_port: 8080
  :networks: [7]
`;

const BOTH = "80 : 10.11.12.34 . 8080, 5030 : 10.11.12.13 . 5030";

/** Writes a configuration and applies it with `setup up`. */
async function apply(hv: Hypervisor, config: string): Promise<{ code: number; kept: string[] }> {
  await hv.configure(config);
  const { code, stderr } = await hv.setup(...UP);
  const kept = stderr.matchAll(
    /^warning: A service stays as it was, since its entry can't be used \(bridge=br0, (.+)\)$/gm,
  );
  return { code, kept: [...kept].map(([, fields = ""]) => fields.replace(/entry=.*:/, "line ")) };
}

const STAY = { code: 5, kept: ["port=80, remote=10.11.12.34:8080, line 6"] };

for (
  const [what, entry] of [
    ["has a misspelt key", SECOND.replace("networks", "netwoks")],
    ["has lost its remote port", SECOND.replace(/ {2}:remote_port.*\n/, "")],
    ["has a port that can't be read", SECOND.replace("80\n", "8O\n")],
    ["names a host that does not resolve", SECOND.replace("10.11.12.34", "nowhere.invalid")],
    ["has become a word", "- nothing\n"],
    ["is behind a second document", `---\n${SECOND}`],
    ["is in a list that a later one takes the place of", `${SECOND}${CONFIG.split("\n").slice(1).join("\n")}`],
  ] as const
) {
  Deno.test(
    `a service stays as it was when its entry ${what}, and up says so`,
    inLab(async (lab) => {
      const { hv } = await makeScenario(lab);
      assert.deepEqual(await apply(hv, CONFIG + SECOND), { code: 0, kept: [] });
      assert.equal(await hv.elements(), BOTH);
      const result = await apply(hv, CONFIG + entry);
      assert.equal(await hv.elements(), BOTH);
      assert.deepEqual({ ...result, kept: result.kept.map((line) => line.replace(/line \d+/, "line 6")) }, STAY);
      assert.equal((await apply(hv, CONFIG + entry)).code, 5);
      assert.deepEqual(await apply(hv, CONFIG), { code: 0, kept: [] });
      assert.equal(await hv.elements(), "5030 : 10.11.12.13 . 5030");
    }),
  );
}

Deno.test(
  "an entry that can't be used opens nothing that was not served before, and keeps nobody else's service",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    const bad = SECOND.replace("8080", "0");
    assert.deepEqual(await apply(hv, CONFIG + bad), { code: 0, kept: [] });
    assert.equal(await hv.elements(), "5030 : 10.11.12.13 . 5030");
    await apply(hv, CONFIG + SECOND);
    // The bad entry is for another network, and this network's own is gone.
    assert.deepEqual(await apply(hv, CONFIG + bad.replace("[7]", "[8]")), { code: 0, kept: [] });
    assert.equal(await hv.elements(), "5030 : 10.11.12.13 . 5030");
    // A good entry for the same port counts.
    await apply(hv, CONFIG + SECOND);
    assert.deepEqual(await apply(hv, CONFIG + bad + SECOND.replace(".34", ".35")), { code: 0, kept: [] });
    assert.equal(await hv.elements(), "80 : 10.11.12.35 . 8080, 5030 : 10.11.12.13 . 5030");
  }),
);

Deno.test(
  "a guest goes on being served, and a VM is started, when the only entry can't be used any more",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.bridge("onebr.12");
    await hv.up("br0", "vnet0", "7");
    await hv.control("start");
    await assertServed(guest);
    await hv.configure(CONFIG.replace("remote_port", "remoteport"));
    const { code, stderr } = await hv.hook(["pre"], base64(sample));
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^warning: A service stays as it was, since its entry can't be used \(bridge=br0, port=5030,/m,
    );
    await hv.control("reload");
    await assertServed(guest);
    assert.equal(await hv.elements(), `5030 : ${GATE} . 5030`);
  }),
);

Deno.test(
  "check names the services that stay as they were, and no others",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await apply(hv, CONFIG + SECOND);
    assert.doesNotMatch((await hv.tproxy("check")).stdout, /stays/);
    await hv.configure(CONFIG + SECOND.replace("8080", "0"));
    const { code, stdout } = await hv.tproxy("check");
    assert.match(
      stdout,
      /:8:17: :remote_port: is 0; [^]*\n80 of br0 \(ID 7, name vnet0\) stays 10\.11\.12\.34:8080: its entry at \S+:6 can't be used\n/,
    );
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse((await hv.tproxy("check", "--json")).stdout).kept, [{
      bridge: "br0",
      network: { name: "vnet0", id: "7" },
      servicePort: 80,
      remoteAddr: "10.11.12.34",
      backupAddrs: [],
      remotePort: 8080,
      line: 6,
    }]);
  }),
);
