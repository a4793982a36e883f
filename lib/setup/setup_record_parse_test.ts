import assert from "node:assert/strict";
import fc from "fast-check";
import { UNNAMED_NETWORK } from "../names.ts";
import { isNetwork, parseNetworks, parseRecord } from "./setup_record_parse.ts";

const ENDPOINT = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const NETWORK = { id: "7", name: "vnet0", endpoints: [ENDPOINT] };

function read(value: unknown): unknown {
  const { bridges, damaged } = parseRecord(JSON.stringify(value));
  return [Object.fromEntries(bridges), damaged];
}

Deno.test("parseRecord() reads what was written", () => {
  const options = { maxConnections: 5, proxyProtocol: "v2" as const, redirect: false };
  const record = {
    br0: [NETWORK, { name: "other", endpoints: [{ ...ENDPOINT, options, remoteName: "gate.example." }] }],
    "onebr.12": [{ endpoints: [ENDPOINT] }],
    br1: [{ id: "9", endpoints: [{ ...ENDPOINT, backupAddrs: ["10.0.0.2", "10.0.0.3"], backupNames: [null, "b"] }] }],
    br2: [{ id: "8", endpoints: [] }],
    onebr3: [{ ...UNNAMED_NETWORK, endpoints: [ENDPOINT] }],
  };
  assert.deepEqual(read(record), [record, []]);
  assert.deepEqual(read({}), [{}, []]);
});

Deno.test("parseRecord() leaves a field out that it does not know", () => {
  assert.deepEqual(read({ br0: [{ ...NETWORK, later: 1 }] }), [{ br0: [NETWORK] }, []]);
});

Deno.test("parseRecord() takes nothing for a record that is none", () => {
  for (const text of ["", "{", "[]", "null", "7", '"br0"', '{"../etc":[]}', '{"":[]}']) {
    const { bridges, damaged } = parseRecord(text);
    assert.deepEqual([bridges.size, damaged], [0, "all"], text);
  }
});

Deno.test("parseRecord() loses the bridge that is damaged, and no other", () => {
  const networks: unknown[] = [{}, null, 7, "", [], [7], [NETWORK, null], [{ endpoints: [ENDPOINT] }, {
    endpoints: [],
  }]];
  const nobodys = { endpoints: [ENDPOINT] };
  networks.push([nobodys, { ...nobodys, endpoints: [{ ...ENDPOINT, servicePort: 81 }] }]);
  for (const bad of [{ id: 7 }, { id: "x" }, { id: "" }, { name: "" }, { name: 7 }, { name: "n".repeat(1025) }]) {
    networks.push([{ ...NETWORK, ...bad }]);
  }
  for (const endpoints of [undefined, {}, [null], [{}], [ENDPOINT, ENDPOINT]]) {
    networks.push([{ ...NETWORK, endpoints }]);
  }
  for (
    const bad of [
      { servicePort: 0 },
      { servicePort: "80" },
      { remotePort: 70000 },
      { remoteAddr: "169.254.16.9" },
      { remoteAddr: "gate.example" },
      { remoteName: "" },
      { remoteName: "-x" },
      { remoteName: "a b" },
      { options: null },
      { backupAddrs: [] },
      { backupAddrs: "10.0.0.2" },
      { backupAddrs: ["gate.example"] },
      { backupAddrs: ["169.254.16.9"] },
      { backupAddrs: ["10.0.0.2"], backupNames: ["a b"] },
      { backupAddrs: ["10.0.0.2"], backupNames: {} },
      { options: [] },
      { options: { maxConnections: 0 } },
      { options: { proxyProtocol: "v1" } },
      { options: { redirect: "no" } },
    ]
  ) networks.push([{ ...NETWORK, endpoints: [{ ...ENDPOINT, ...bad }] }]);
  for (const br1 of networks) {
    assert.deepEqual(read({ br0: [NETWORK], br1 }), [{ br0: [NETWORK] }, ["br1"]], JSON.stringify(br1));
    assert.equal(parseNetworks(JSON.stringify(br1)), undefined);
  }
});

Deno.test("parseRecord() and parseNetworks() end, whatever they get", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    parseRecord(text);
    parseNetworks(text);
  }));
});

Deno.test("isNetwork() wants a name, an ID or both, or that it is said that there is neither", () => {
  for (const good of [{ id: "7" }, { name: "a" }, { id: "7", name: "a" }, UNNAMED_NETWORK]) {
    assert.equal(isNetwork(good), true);
  }
  for (const bad of [{}, { id: "7", ...UNNAMED_NETWORK }, { id: "x" }]) assert.equal(isNetwork(bad), false);
});
