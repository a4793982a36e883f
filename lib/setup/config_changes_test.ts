import assert from "node:assert/strict";
import type { Doubt } from "../config/config.ts";
import type { SelectedEndpoint } from "../config/select.ts";
import { parseBridgeName } from "../names.ts";
import { networksIn, planConfig, removesMost } from "./config_changes.ts";
import type { Grant } from "./grant.ts";
import type { NetworkRecord } from "./setup_record.ts";

const [BR0, BR1] = ["br0", "br1"].map(parseBridgeName);
const PRESENT = new Set(["br0", "br1"]);
const at = { line: 3, column: 3 };

function endpoint(
  servicePort: number,
  remoteAddr = "10.0.0.1",
  more: Partial<SelectedEndpoint> = {},
): SelectedEndpoint {
  return { servicePort, remoteAddr, remotePort: 80, ...more };
}

function grant(
  network: Grant["network"],
  endpoints: readonly SelectedEndpoint[],
  doubts: readonly Doubt[] = [],
): Grant {
  return { network, selection: { endpoints, doubts, warnings: [] } };
}

const SEVEN = { id: "7", name: "vnet0" };

function plan(networks: readonly NetworkRecord[], ...grants: Grant[]) {
  return planConfig(new Map([[BR0!, networks]]), grants, PRESENT);
}

Deno.test("planConfig() tells what comes, what goes and what becomes another service", () => {
  const before = [endpoint(80), endpoint(81), endpoint(82), endpoint(83, "10.0.0.1", { remoteName: "gate" })];
  const limited = endpoint(82, "10.0.0.1", { options: { maxConnections: 5 } });
  const after = [endpoint(81, "10.0.0.2"), limited, endpoint(83), endpoint(84)];
  const { bridges, services, removed } = plan([{ ...SEVEN, endpoints: before }], grant(SEVEN, after));
  assert.deepEqual(bridges, [{
    bridge: "br0",
    kept: [],
    changes: [
      { network: SEVEN, before: before[0] },
      { network: SEVEN, before: before[1], after: after[0] },
      { network: SEVEN, before: before[2], after: limited },
      { network: SEVEN, before: before[3], after: after[2] },
      { network: SEVEN, after: after[3] },
    ],
  }]);
  assert.deepEqual([services, removed], [4, 1]);
});

Deno.test("planConfig() finds nothing to do where all is as it should be", () => {
  const { bridges } = plan([{ ...SEVEN, endpoints: [endpoint(80)] }], grant(SEVEN, [endpoint(80)]));
  assert.deepEqual(bridges, []);
});

Deno.test("planConfig() sees another address, another order and another name in a list", () => {
  const listed = (...backupAddrs: string[]) => endpoint(80, "10.0.0.1", { backupAddrs });
  const changes = (before: SelectedEndpoint, after: SelectedEndpoint) =>
    plan([{ ...SEVEN, endpoints: [before] }], grant(SEVEN, [after])).bridges.length;
  const before = listed("10.0.0.2", "10.0.0.3");
  assert.equal(changes(before, listed("10.0.0.2", "10.0.0.3")), 0);
  const named = { ...before, backupNames: [null, "b.example"] };
  for (const after of [endpoint(80), listed("10.0.0.2"), listed("10.0.0.3", "10.0.0.2"), named]) {
    assert.equal(changes(before, after), 1, JSON.stringify(after));
  }
});

Deno.test("planConfig() gives a network its first service, and forgets none that loses its last", () => {
  assert.deepEqual(plan([{ ...SEVEN, endpoints: [] }], grant(SEVEN, [endpoint(80)])).bridges[0]?.changes, [
    { network: SEVEN, after: endpoint(80) },
  ]);
  assert.deepEqual(networksIn(new Map([[BR0!, [{ ...SEVEN, endpoints: [] }, { endpoints: [endpoint(1)] }]]])), [SEVEN]);
});

Deno.test("planConfig() keeps what an entry in doubt may be meant for, and says so", () => {
  const { bridges, removed } = plan(
    [{ ...SEVEN, endpoints: [endpoint(80), endpoint(81)] }],
    grant(SEVEN, [], [{ at, servicePort: 80 }]),
  );
  assert.deepEqual(bridges[0]?.changes, [{ network: SEVEN, before: endpoint(81) }]);
  assert.deepEqual(bridges[0]?.kept, [{ network: SEVEN, endpoint: endpoint(80), at }]);
  assert.equal(removed, 1);
});

Deno.test("planConfig() leaves what is nobody's, until a network gets its port", () => {
  const nobodys = { endpoints: [endpoint(80), endpoint(81)] };
  const { bridges, services, removed } = plan([nobodys, { ...SEVEN, endpoints: [] }], grant(SEVEN, [endpoint(80)]));
  assert.deepEqual(bridges[0]?.changes, [
    { network: {}, before: endpoint(80) },
    { network: SEVEN, after: endpoint(80) },
  ]);
  assert.deepEqual([services, removed], [0, 0]);
});

Deno.test("planConfig() leaves a network alone that came after the file was read, and a bridge that is not there", () => {
  const late = { id: "8", endpoints: [endpoint(80)] };
  assert.deepEqual(plan([late]).bridges, []);
  const record = new Map([[BR0!, [{ ...SEVEN, endpoints: [endpoint(80)] }]], [BR1!, [late]]]);
  const found = planConfig(record, [grant(SEVEN, []), grant({ id: "8" }, [])], new Set(["br1"]));
  assert.deepEqual([found.absent, found.bridges.map(({ bridge }) => bridge), found.services], [["br0"], ["br1"], 1]);
});

Deno.test("removesMost() is true for more than half of all services, and only then", () => {
  const counts = { bridges: [], absent: [] };
  for (
    const [services, removed, most] of [[0, 0, false], [1, 1, true], [2, 1, false], [3, 2, true], [
      4,
      2,
      false,
    ]] as const
  ) {
    assert.equal(removesMost({ ...counts, services, removed }), most, `${removed} of ${services}`);
  }
});
