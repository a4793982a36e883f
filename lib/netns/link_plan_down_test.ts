import assert from "node:assert/strict";
import { ABSENT, ADDRESS, alive, BRIDGE, BROKEN, host, INSIDE, NAMES, OUTSIDE } from "../../tests/fixtures/links.ts";
import type { Inside } from "./inside.ts";
import type { Link } from "./observe.ts";
import { planDown } from "./link_plan.ts";

Deno.test("planDown() removes the pair, whether bridge, namespace or other half are where they should be or not", () => {
  const cases: [Link[], Inside, string][] = [
    [[BRIDGE, OUTSIDE], alive(INSIDE), "br0b"],
    [[{ ...OUTSIDE, master: undefined }], alive(INSIDE), "br0b"],
    [[BRIDGE, OUTSIDE], ABSENT, "br0b"],
    [[{ ...OUTSIDE, master: undefined, address: ADDRESS }], BROKEN, "br0b"],
    [[{ ...OUTSIDE, peerName: "br0a" }, { ...INSIDE, peerName: "br0b" }], ABSENT, "br0b"],
    [[{ ...INSIDE, master: "br0" }], ABSENT, "br0a"],
  ];
  for (const [devices, netns, removed] of cases) {
    const plan = planDown(NAMES, { host: host(...devices), netns });
    assert.deepEqual(plan, { netnsBefore: [], host: [`link delete dev ${removed}`] });
  }
});

Deno.test("planDown() has nothing to do where nothing of ours is", () => {
  const foreign = [{ kind: "dummy" }, { master: "br1" }, {
    master: undefined,
    address: "02:00:00:00:00:01",
  }];
  const cases: Link[][] = [[], [BRIDGE], ...foreign.map((what) => [BRIDGE, { ...OUTSIDE, ...what }])];
  for (const devices of cases) {
    for (const netns of [ABSENT, BROKEN, alive()]) {
      assert.deepEqual(planDown(NAMES, { host: host(...devices), netns }), { netnsBefore: [], host: [] });
    }
  }
});

Deno.test("planDown() removes an inner end whose partner is not the outer end", () => {
  const plan = planDown(NAMES, { host: host(BRIDGE), netns: alive({ ...INSIDE, peerIndex: 99 }) });
  assert.deepEqual(plan, { netnsBefore: ["link delete dev br0a"], host: [] });
});
