import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { groupOf } from "./owner.ts";

const NOBODY = { uid: 65534, gid: 65534 };
const bridges = Array.from({ length: 1000 }, (_, i) => parseBridgeName(`onebr${i}`));

Deno.test("groupOf() gives each of a host's bridges, and outer, a group of its own", () => {
  const groups = [undefined, ...bridges].map((bridge) => groupOf(NOBODY, bridge));
  assert.equal(new Set(groups).size, groups.length);
});

Deno.test("groupOf() stays within the numbers that nobody uses", () => {
  for (const bridge of [undefined, ...bridges]) {
    const group = groupOf(NOBODY, bridge);
    assert.ok(group >= 1_879_048_192 && group <= 2_147_483_646, `${group}`);
  }
});

Deno.test("groupOf() leaves root its own group", () => {
  assert.equal(groupOf({ uid: 0, gid: 0 }, bridges[0]), 0);
});
