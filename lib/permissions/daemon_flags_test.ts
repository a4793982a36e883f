import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { daemonFlags } from "./daemon_flags.ts";
import { innerPermissions, outerPermissions } from "./daemon_permissions.ts";
import { toFlags } from "./permissions.ts";
import { compiled, compiledFlags } from "./compiled.ts";
import { runByDeno } from "./run_by_deno.ts";

const BR0 = parseBridgeName("br0");
const SCRIPTS = runByDeno("/x/deno", "/x");
const BINARIES = compiled("/x/tproxy");

function serving(remoteAddr: string) {
  const endpoints = [{ servicePort: 80, remoteAddr, remotePort: 8080 }];
  return new Map([[BR0, { endpoints }]]);
}

Deno.test("daemonFlags() are exactly the table's for what is served", () => {
  const bridges = serving("10.0.0.1");
  const endpoints = bridges.get(BR0)?.endpoints ?? [];
  assert.deepEqual(daemonFlags(innerOf(BR0), bridges, SCRIPTS), toFlags(innerPermissions(BR0)));
  assert.deepEqual(daemonFlags(OUTER, bridges, SCRIPTS), toFlags(outerPermissions(new Map([[BR0, endpoints]]))));
});

Deno.test("daemonFlags() change with a remote, so that outer gets a successor; compiled, it needs none", () => {
  const [one, other] = [serving("10.0.0.1"), serving("10.0.0.2")];
  assert.notDeepEqual(daemonFlags(OUTER, one, SCRIPTS), daemonFlags(OUTER, other, SCRIPTS));
  assert.deepEqual(daemonFlags(OUTER, one, BINARIES), daemonFlags(OUTER, other, BINARIES));
});

Deno.test("daemonFlags() of a compiled daemon are those that it was compiled with", () => {
  assert.deepEqual(daemonFlags(innerOf(BR0), serving("10.0.0.1"), BINARIES), compiledFlags("inner"));
  assert.deepEqual(daemonFlags(OUTER, serving("10.0.0.1"), BINARIES), compiledFlags("outer"));
});

Deno.test("daemonFlags() differ between a daemon's forms, so that whoever changes the form gets successors", () => {
  for (const role of [innerOf(BR0), OUTER]) {
    const bridges = serving("10.0.0.1");
    assert.notDeepEqual(daemonFlags(role, bridges, BINARIES), daemonFlags(role, bridges, SCRIPTS));
  }
});
