import assert from "node:assert/strict";
import fc from "fast-check";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { numberOf } from "./owner.ts";
import { DRAINING } from "../protocol/lifecycle.ts";
import { isOurs, isSame, readTitle } from "./find_daemons.ts";
import { parseProcesses } from "./ps.ts";

Deno.test("parseProcesses() reads the columns of ps, however they are padded", () => {
  const text = [
    "      1     0     0 4026531840 4026531837 1234567 Ss 1041 /sbin/init splash           -",
    "  16803 65534 65533 4026531840 4026531837       3 Rl    2 one_tproxy                  4,1900000005",
    "4194304     0     0 4026532100 4026531837       0 tsl    0 one_tproxy_br0 (draining)   1916777216",
    "     14     0     0 4026531840 4026531837     100 I<    0 [kworker/0:1H-events_highpri] -",
    "",
  ].join("\n");
  const rows = parseProcesses(text);
  assert.deepEqual(rows.map(({ pid, uid, gid, groups }) => [pid, uid, gid, groups]), [
    [1, 0, 0, []],
    [16803, 65534, 65533, [4, 1_900_000_005]],
    [4194304, 0, 0, [1_916_777_216]],
    [14, 0, 0, []],
  ]);
  assert.deepEqual(
    rows.map(({ netns, seconds, state, cpuSeconds, args }) => [netns, seconds, state, cpuSeconds, args]),
    [
      [4026531840, 1234567, "S", 1041, "/sbin/init splash"],
      [4026531840, 3, "R", 2, "one_tproxy"],
      [4026532100, 0, "t", 0, "one_tproxy_br0 (draining)"],
      [4026531840, 100, "I", 0, "[kworker/0:1H-events_highpri]"],
    ],
  );
});

Deno.test("parseProcesses() has no namespace for a process whose namespace ps may not see", () => {
  const [process] = parseProcesses("   7  1000 100          -          -     1 S 0 bash -c x 100\n");
  assert.ok(process !== undefined && Number.isNaN(process.netns) && Number.isNaN(process.userns));
  assert.deepEqual([process.groups, process.args], [[100], "bash -c x"]);
});

Deno.test("parseProcesses() tells a process that has ended from one whose first thread alone has", () => {
  const rows = ["Z", "Zs", "Zl", "X", "T"].map((state) => `7 0 0 - - 1 ${state} 0 [x] <defunct> -\n`).join("");
  assert.deepEqual(parseProcesses(rows).map(({ isZombie }) => isZombie), [true, true, false, true, false]);
});

Deno.test("parseProcesses() keeps what a command line holds, and passes over what is no row", () => {
  assert.deepEqual(parseProcesses("1 0 0 2 3 5 S 0  two  spaces 3 4 -\n").map(({ args }) => args), [
    " two  spaces 3 4",
  ]);
  for (
    const text of [
      "",
      "\n\n",
      "error: x\n",
      "PID UID GID NETNS ELAPSED S TIME COMMAND SUPGID\n",
      "-1 0 0 2 3 5 S 0 x -\n",
      "1 0 0 2 5 S 0 x -\n",
      "1 0 0 2 3 5 0 x -\n",
      "1 0 0 2 3 5 S 0 x users\n",
    ]
  ) {
    assert.deepEqual(parseProcesses(text), []);
  }
});

Deno.test("isSame() takes no other process with a daemon's ID for the daemon", () => {
  const before = { uid: 1, gid: 2, netns: 3, seconds: 10, role: OUTER, retire: "USR2" };
  assert.ok(isSame(before, before));
  assert.ok(isSame(before, { ...before, seconds: 13 }));
  assert.equal(isSame(undefined, before), false);
  const inner = { role: innerOf(parseBridgeName("br0")) };
  for (const change of [{ uid: 9 }, { gid: 9 }, { netns: 9 }, { netns: NaN }, { seconds: 9 }, inner]) {
    assert.equal(isSame(before, { ...before, ...change }), false, Object.keys(change).join());
  }
});

Deno.test("readTitle() knows outer, inner and one that drains", () => {
  const br0 = parseBridgeName("br0");
  const cases: [string, ReturnType<typeof readTitle>][] = [
    ["one_tproxy", { role: OUTER, draining: false }],
    ["one_tproxy (draining)", { role: OUTER, draining: true }],
    ["one_tproxy_br0", { role: innerOf(br0), draining: false }],
    ["one_tproxy_br0 (draining)", { role: innerOf(br0), draining: true }],
  ];
  for (const [args, title] of cases) assert.deepEqual(readTitle(args), title, args);
});

Deno.test("readTitle() takes every title that a bridge's daemon can have", () => {
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,13}$/), fc.boolean(), (name, draining) => {
    const role = innerOf(parseBridgeName(name));
    assert.deepEqual(readTitle(role.title + (draining ? DRAINING : "")), { role, draining });
  }));
});

Deno.test("readTitle() takes nothing that only looks like a title", () => {
  const others = [
    "",
    " one_tproxy",
    "one_tproxy2",
    "one_tproxy ",
    "one_tproxy start",
    "one_tproxy_",
    "one_tproxy_ (draining)",
    "one_tproxy(draining)",
    "one_tproxy_br0 status",
    "one_tproxy_br0 (draining) (draining)",
    "one_tproxy_abcdefghijklmnop",
    "one_tproxy_../etc",
    "xone_tproxy",
    "[one_tproxy]",
    "/usr/bin/one_tproxy",
    "tail -f /var/log/one_tproxy",
    "sleep one_tproxy",
    "ONE_TPROXY",
  ];
  for (const args of others) assert.equal(readTitle(args), undefined, args);
});

Deno.test("isOurs() takes a process for the daemon of its title by the group that root alone can have given it", () => {
  const [br0, br1] = [innerOf(parseBridgeName("br0")), innerOf(parseBridgeName("br1"))];
  for (const role of [OUTER, br0]) {
    // The daemon's own user, a user that is named, and nobody, as in former versions.
    for (const uid of [numberOf(role), 13, 65534]) assert.ok(isOurs({ uid, gid: numberOf(role) }, role));
    assert.ok(isOurs({ uid: 0, gid: 0 }, role));
    for (const gid of [13, 65534, numberOf(br1)]) {
      for (const uid of [13, 65534, numberOf(br1)]) assert.ok(!isOurs({ uid, gid }, role), `${uid} ${gid}`);
    }
  }
});

Deno.test("isOurs() takes no proxy that was taken over for another one", () => {
  const [br0, br1] = [innerOf(parseBridgeName("br0")), innerOf(parseBridgeName("br1"))];
  for (const other of [OUTER, br1]) {
    assert.ok(!isOurs({ uid: numberOf(other), gid: numberOf(other) }, br0));
  }
  assert.ok(!isOurs({ uid: numberOf(br0), gid: numberOf(br0) }, OUTER));
});
