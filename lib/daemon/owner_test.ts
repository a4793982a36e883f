import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { findTwins, groupOf, numberOf, userOf } from "./owner.ts";

const NAMED = { name: "proxy", uid: 13, gid: 14 };
const ROOT = { name: "root", uid: 0, gid: 0 };
const bridges = Array.from({ length: 1000 }, (_, i) => parseBridgeName(`onebr${i}`));
/** A search has found these two. */
const TWINS = [parseBridgeName("onebr.14469"), parseBridgeName("onebr.45874")] as const;
const all = [OUTER, ...bridges.map(innerOf)];

Deno.test("numberOf() gives each of a host's bridges, and outer, a number of its own", () => {
  assert.equal(new Set(all.map(numberOf)).size, all.length);
});

Deno.test("numberOf() stays within the numbers that systemd leaves to others", () => {
  for (const number of all.map(numberOf)) assert.ok(number >= 1_879_048_192 && number <= 2_147_483_646, `${number}`);
});

Deno.test("numberOf() says what the former versions' groups are, so that their daemons are known after an upgrade", () => {
  assert.equal(numberOf(OUTER), 1_916_777_216);
  assert.equal(numberOf(innerOf(parseBridgeName("br0"))), 1_907_306_143);
});

Deno.test("userOf() and groupOf() give each daemon its own number where nobody is named", () => {
  for (const role of all) {
    assert.equal(userOf(undefined, role), numberOf(role));
    assert.equal(groupOf(undefined, role), numberOf(role));
  }
});

Deno.test("userOf() gives all daemons the named user, and groupOf() keeps them apart", () => {
  for (const role of all) {
    assert.equal(userOf(NAMED, role), 13);
    assert.equal(groupOf(NAMED, role), numberOf(role));
  }
});

Deno.test("groupOf() leaves root its own group", () => {
  assert.deepEqual([userOf(ROOT, OUTER), groupOf(ROOT, OUTER)], [0, 0]);
});

Deno.test("findTwins() names the bridges of which chance has made one user, and no others", () => {
  assert.deepEqual(findTwins(bridges), []);
  const [one, other] = TWINS;
  assert.equal(numberOf(innerOf(one)), numberOf(innerOf(other)));
  assert.deepEqual(findTwins([...bridges, one, other]), [[one, other]]);
});
