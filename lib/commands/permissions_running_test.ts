import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { daemonFlags } from "../permissions/daemon_flags.ts";
import { runByDeno } from "../permissions/run_by_deno.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { groupOf } from "../daemon/owner.ts";
import { compareDaemons, renderComparisons } from "./permissions_running.ts";

const [HOST, NETNS, OLD_NETNS] = [4026531840, 4026532100, 4026532050];
const BR0 = parseBridgeName("br0");
const OWNER = { name: "nobody", uid: 65534, gid: 65534 };
const ENDPOINT = { servicePort: 5030, remoteAddr: "10.0.0.1", remotePort: 5030 };
const BRIDGES = new Map([[BR0, { netns: NETNS, endpoints: [ENDPOINT] }]]);
const FORM = runByDeno("/x/deno", "/x");
const DESIRED = { owner: OWNER, bridges: BRIDGES };

const OUTER_RUNS: RunningDaemon = {
  pid: 7,
  role: OUTER,
  draining: false,
  uid: 65534,
  gid: groupOf(OWNER, OUTER),
  groups: [groupOf(OWNER, innerOf(BR0))],
  netns: HOST,
  flags: daemonFlags(OUTER, BRIDGES, FORM).join(";"),
  retire: "USR2",
  seconds: 1,
  state: "S",
  cpuSeconds: 0,
};
const INNER_RUNS: RunningDaemon = {
  ...OUTER_RUNS,
  pid: 8,
  role: innerOf(BR0),
  gid: groupOf(OWNER, innerOf(BR0)),
  groups: [],
  netns: NETNS,
  flags: daemonFlags(innerOf(BR0), BRIDGES, FORM).join(";"),
};

/** Compares one daemon. */
function differencesOf(daemon: RunningDaemon, desired = DESIRED): readonly string[] {
  const [comparison, ...others] = compareDaemons({ host: HOST, daemons: [daemon] }, desired, FORM);
  assert.ok(comparison !== undefined && others.length === 0);
  return comparison.differences;
}

Deno.test("compareDaemons() finds no difference in what has just been started", () => {
  assert.deepEqual(compareDaemons({ host: HOST, daemons: [OUTER_RUNS, INNER_RUNS] }, DESIRED, FORM), [
    { title: "one_tproxy", pid: 7, draining: false, differences: [] },
    { title: "one_tproxy_br0", bridge: BR0, pid: 8, draining: false, differences: [] },
  ]);
});

Deno.test("compareDaemons() names each permission too much and each that is missing", () => {
  const flags = OUTER_RUNS.flags.replace("10.0.0.1:5030", "10.0.0.2:80,10.0.0.3:80").replace("--no-prompt;", "");
  assert.deepEqual(differencesOf({ ...OUTER_RUNS, flags: `${flags};--allow-run=/bin/sh` }), [
    "--allow-net=10.0.0.2:80 is too much",
    "--allow-net=10.0.0.3:80 is too much",
    "--allow-run=/bin/sh is too much",
    "--no-prompt is missing",
    "--allow-net=10.0.0.1:5030 is missing",
  ]);
  assert.deepEqual(differencesOf({ ...INNER_RUNS, flags: `${INNER_RUNS.flags};--allow-all` }), [
    "--allow-all is too much",
  ]);
});

Deno.test("compareDaemons() takes a whole kind of permission for more than its values", () => {
  const flags = OUTER_RUNS.flags.replace(/--allow-net=[^;]*/, "--allow-net");
  const differences = differencesOf({ ...OUTER_RUNS, flags });
  assert.equal(differences[0], "--allow-net is too much");
});

Deno.test("compareDaemons() finds every permission missing in a daemon without flags", () => {
  const differences = differencesOf({ ...INNER_RUNS, flags: "" });
  assert.ok(differences.length > 4 && differences.every((text) => text.endsWith(" is missing")), `${differences}`);
});

Deno.test("compareDaemons() does not mind the order of permissions", () => {
  const flags = OUTER_RUNS.flags.split(";").toReversed().join(";");
  assert.deepEqual(differencesOf({ ...OUTER_RUNS, flags }), []);
});

Deno.test("compareDaemons() tells another user, group or namespace", () => {
  assert.deepEqual(differencesOf({ ...INNER_RUNS, uid: 1, gid: 100, groups: [5, 4], netns: OLD_NETNS }), [
    "user 1, expected 65534",
    `group 100, expected ${groupOf(OWNER, innerOf(BR0))}`,
    "other groups 4,5, expected none",
    `network namespace ${OLD_NETNS}, expected ${NETNS}`,
  ]);
  assert.deepEqual(differencesOf({ ...OUTER_RUNS, groups: [] }), [
    `other groups none, expected ${groupOf(OWNER, innerOf(BR0))}`,
  ]);
});

Deno.test("compareDaemons() asks for no group where root is the owner", () => {
  const desired = { ...DESIRED, owner: { name: "root", uid: 0, gid: 0 } };
  assert.deepEqual(differencesOf({ ...INNER_RUNS, uid: 0, gid: 0, groups: [1, 2] }, desired), []);
  assert.deepEqual(differencesOf(INNER_RUNS, desired), ["user 65534, expected 0"]);
});

Deno.test("compareDaemons() says of what nothing is left to serve that it should not run", () => {
  const nothing = ["should not run: nothing is left for it to serve"];
  assert.deepEqual(differencesOf({ ...INNER_RUNS, role: innerOf(parseBridgeName("br9")) }), nothing);
  for (const daemon of [OUTER_RUNS, INNER_RUNS]) {
    assert.deepEqual(differencesOf(daemon, { ...DESIRED, bridges: new Map() }), nothing);
  }
});

Deno.test("renderComparisons() has one line for ok and one for each difference, and tells what drains", () => {
  const common = { title: "one_tproxy", draining: false } as const;
  assert.equal(
    renderComparisons([
      { ...common, pid: 7, differences: [] },
      { ...common, pid: 6, draining: true, differences: ["a is too much", "user 1, expected 2"] },
    ]),
    "one_tproxy (7): ok\none_tproxy (6, draining): a is too much\none_tproxy (6, draining): user 1, expected 2",
  );
  assert.equal(renderComparisons([]), "no proxy runs: nothing is known of its permissions");
});
