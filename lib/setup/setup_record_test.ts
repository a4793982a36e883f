import assert from "node:assert/strict";
import fc from "fast-check";
import { parseBridgeName } from "../names.ts";
import { unionOf } from "./join_endpoints.ts";
import { hasNetwork, type NetworkRecord, withNetwork, withoutNetwork, withServices } from "./setup_record.ts";

const endpoint = (servicePort: number, remoteAddr = "10.0.0.1") => ({ servicePort, remoteAddr, remotePort: 80 });
const A: NetworkRecord = { id: "7", name: "vnet0", endpoints: [endpoint(80), endpoint(81)] };
const B: NetworkRecord = { id: "12", name: "vnet0", endpoints: [endpoint(81, "10.0.0.2"), endpoint(5030)] };

Deno.test("unionOf() joins the networks' endpoints and lets the network that came first win", () => {
  assert.deepEqual(unionOf([A, B]), {
    endpoints: [endpoint(80), endpoint(81), endpoint(5030)],
    clashes: [endpoint(81, "10.0.0.2")],
  });
  assert.deepEqual(unionOf([B, A]).endpoints, [endpoint(80), endpoint(81, "10.0.0.2"), endpoint(5030)]);
});

Deno.test("unionOf() sees no clash where two networks have the same service", () => {
  assert.deepEqual(unionOf([A, { id: "8", endpoints: A.endpoints }]).clashes, []);
});

Deno.test("unionOf() keeps options, and sees a clash where two networks have other ones for the same service", () => {
  const limited = { ...endpoint(80), options: { maxConnections: 5 } };
  assert.deepEqual(unionOf([{ id: "1", endpoints: [limited] }, A]), {
    endpoints: [limited, endpoint(81)],
    clashes: [endpoint(80)],
  });
  assert.deepEqual(unionOf([{ id: "1", endpoints: [limited] }, { id: "2", endpoints: [{ ...limited }] }]).clashes, []);
});

Deno.test("unionOf() sees a clash where two networks have another list of addresses for the same service", () => {
  const listed = (...backupAddrs: string[]) => ({ ...endpoint(80), backupAddrs });
  const union = (other: NetworkRecord["endpoints"][number]) =>
    unionOf([{ id: "1", endpoints: [listed("10.0.0.2", "10.0.0.3")] }, { id: "2", endpoints: [other] }]).clashes;
  assert.deepEqual(union(listed("10.0.0.2", "10.0.0.3")), []);
  for (const other of [endpoint(80), listed("10.0.0.3", "10.0.0.2")]) assert.deepEqual(union(other), [other]);
});

Deno.test("withNetwork() keeps the place of a network that is there, and appends one that is not", () => {
  const changed = { ...A, name: "renamed", endpoints: [endpoint(90)] };
  assert.deepEqual(withNetwork([A, B], changed), [changed, B]);
  assert.deepEqual(withNetwork([B], A), [B, A]);
  assert.deepEqual(withNetwork([A, B], { ...A, endpoints: [] }), [{ ...A, endpoints: [] }, B]);
});

Deno.test("withServices() leaves out a bridge whose networks have no service, and hasNetwork() knows them", () => {
  const [served, idle] = [parseBridgeName("br0"), parseBridgeName("br1")];
  const none = { ...A, endpoints: [] };
  const record = new Map([[served, [none, B]], [idle, [none]]]);
  assert.deepEqual(withServices(record), new Map([[served, [none, B]]]));
  assert.equal(hasNetwork(record.get(idle) ?? [], A), true);
  assert.equal(hasNetwork(record.get(idle) ?? [], B), false);
});

Deno.test("networks are told apart by ID, and by name where one has no ID", () => {
  assert.deepEqual(withoutNetwork([A, B], { id: "7", name: "other" }), [B]);
  assert.deepEqual(withoutNetwork([A, B], { name: "vnet0" }), []);
  assert.deepEqual(withoutNetwork([A, B], { id: "1" }), [A, B]);
});

Deno.test("adding and removing networks in any order leaves what adding the remaining ones leaves", () => {
  const networks = fc.array(fc.record({ id: fc.constantFrom("1", "2", "3"), add: fc.boolean() }));
  fc.assert(fc.property(networks, (steps) => {
    let list: NetworkRecord[] = [];
    const present = new Set<string>();
    for (const { id, add } of steps) {
      const network = { id, endpoints: [endpoint(Number(id))] };
      list = add ? withNetwork(list, network) : withoutNetwork(list, network);
      if (add) present.add(id);
      else present.delete(id);
    }
    const ports = unionOf(list).endpoints.map(({ servicePort }) => String(servicePort));
    assert.deepEqual(ports, [...present].toSorted());
  }));
});

Deno.test("what is nobody's becomes a network's that claims its port, and the rest stays nobody's", () => {
  const nobodys: NetworkRecord = { endpoints: [endpoint(80), endpoint(81), endpoint(82)] };
  const claimed = withNetwork([nobodys], A);
  assert.deepEqual(claimed, [{ endpoints: [endpoint(82)] }, A]);
  assert.deepEqual(withoutNetwork(claimed, A), [{ endpoints: [endpoint(82)] }]);
  assert.deepEqual(withNetwork(claimed, { id: "1", endpoints: [endpoint(82, "10.0.0.9")] }), [A, {
    id: "1",
    endpoints: [endpoint(82, "10.0.0.9")],
  }]);
});
