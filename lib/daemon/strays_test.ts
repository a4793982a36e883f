import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { numberOf } from "./owner.ts";
import type { Process } from "./ps.ts";
import { mayBeProbe, sortStrays, type Strays } from "./strays.ts";

const [OUTERS, INNERS] = [numberOf(OUTER), numberOf(innerOf(parseBridgeName("br0")))];
const [HOST, BRIDGE, OTHER, PEOPLED] = [1, 2, 3, 4];
const [USERS, OTHER_USERS] = [10, 11];
const SURROUNDINGS = { host: HOST, userns: USERS, namespaces: new Set([HOST, BRIDGE]), peopled: new Set([1, PEOPLED]) };

function stray(different: Partial<Process>): Process {
  const usual = { uid: INNERS, gid: INNERS, netns: HOST, userns: USERS, seconds: 0, state: "S", cpuSeconds: 0 };
  return { ...usual, pid: 7, groups: [], isZombie: false, args: "x", ...different };
}

/** In which list a process is, that has a mark or none. */
function listOf(different: Partial<Process>, mark?: number): string {
  const marks = new Map(mark === undefined ? [] : [[7, { host: mark }]]);
  const strays = sortStrays([stray(different)], { ...SURROUNDINGS, marks });
  return Object.keys(strays).filter((key) => strays[key as keyof Strays].length > 0).join();
}

Deno.test("a stray in one of this host's namespaces is this host's, whatever it says", () => {
  for (const gid of [OUTERS, INNERS]) {
    for (const netns of [HOST, BRIDGE]) {
      for (const mark of [undefined, HOST, OTHER]) assert.equal(listOf({ gid, netns }, mark), "own");
      assert.equal(listOf({ gid, netns, userns: OTHER_USERS }, OTHER), "own");
    }
  }
});

Deno.test("a stray whose first thread has ended, so that nobody sees its namespaces, is this host's", () => {
  assert.equal(listOf({ netns: NaN, userns: NaN }), "own");
});

Deno.test("an inner's stray in a namespace that has lost its name is this host's, unless it has another host's mark", () => {
  for (const mark of [undefined, HOST]) assert.equal(listOf({ netns: OTHER }, mark), "own");
  assert.equal(listOf({ netns: OTHER }, OTHER), "elsewhere");
});

Deno.test("what another host starts for a moment, where others are, too, is that host's", () => {
  assert.equal(listOf({ netns: PEOPLED }), "elsewhere");
  // Its probe is alone in a namespace; outer can't get into another one.
  for (const netns of [OTHER, PEOPLED]) assert.equal(listOf({ gid: OUTERS, netns }), "elsewhere");
});

Deno.test("a process in another user namespace may have come from this host, and has if it is old and has no mark", () => {
  for (const gid of [OUTERS, INNERS]) {
    const moved = { gid, netns: OTHER, userns: OTHER_USERS };
    assert.equal(listOf(moved), "doubtful");
    assert.equal(listOf({ ...moved, seconds: 1000 }, OTHER), "doubtful");
    assert.equal(listOf({ ...moved, seconds: 1000 }), "own");
  }
});

Deno.test("on a kernel without user namespaces nobody is in another one", () => {
  const surroundings = { ...SURROUNDINGS, userns: NaN, marks: new Map() };
  assert.equal(sortStrays([stray({ netns: PEOPLED, userns: NaN })], surroundings).elsewhere.length, 1);
});

Deno.test("outer's stray may be the probe for a minute, and an inner's never", () => {
  const ages = [0, 60, 119, 120];
  assert.deepEqual(ages.map((seconds) => mayBeProbe(stray({ gid: OUTERS, seconds }))), [true, true, true, false]);
  assert.ok(ages.every((seconds) => !mayBeProbe(stray({ seconds }))));
});
