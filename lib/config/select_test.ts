import assert from "node:assert/strict";
import fc from "fast-check";
import { makeConfig } from "../../tests/fixtures/config.ts";
import { TproxyError } from "../errors.ts";
import type { Config, ConfigEntry, NetworkReference } from "./config.ts";
import { appliesTo, type Network, selectEndpoints } from "./select.ts";

function entry(line: number, servicePort: number, remoteAddr: string, networks: NetworkReference[] = []): ConfigEntry {
  return { at: { line, column: 3 }, servicePort, remoteAddr, remotePort: 80, networks };
}

function config(...entries: ConfigEntry[]): Config {
  return makeConfig(entries);
}

/** A resolver that knows these names and no others. */
function resolver(names: Readonly<Record<string, string>>) {
  return (name: string) => {
    const address = names[name];
    return address === undefined
      ? Promise.reject(new TproxyError(`${name} has no IPv4 address`))
      : Promise.resolve(address);
  };
}

const unused = () => Promise.reject(new Error("nothing is to be resolved"));

Deno.test("appliesTo() goes by ID for digits and by name for everything else", () => {
  const cases: [NetworkReference[], Network, boolean][] = [
    [[], { name: "v0" }, true],
    [[], {}, true],
    [[{ id: "7" }], { id: "7", name: "v0" }, true],
    [[{ id: "7" }], { name: "7" }, false],
    [[{ id: "7" }], { id: "8", name: "7" }, false],
    [[{ name: "v0" }], { id: "7", name: "v0" }, true],
    [[{ name: "v0" }], { id: "7", name: "V0" }, false],
    [[{ name: "v0" }], { id: "7" }, false],
    [[{ name: "v0" }, { id: "7" }], { id: "7" }, true],
  ];
  for (const [networks, network, applies] of cases) {
    assert.equal(appliesTo(entry(1, 80, "10.0.0.1", networks), network), applies, JSON.stringify([networks, network]));
  }
});

Deno.test("selectEndpoints() takes the entries of a network in ascending order of their port", async () => {
  const all = config(
    entry(2, 5030, "10.0.0.1"),
    entry(3, 80, "10.0.0.2", [{ name: "v0" }]),
    entry(4, 443, "10.0.0.3", [{ id: "1" }]),
  );
  assert.deepEqual(await selectEndpoints(all, { id: "0", name: "v0" }, unused), {
    endpoints: [
      { servicePort: 80, remoteAddr: "10.0.0.2", remotePort: 80 },
      { servicePort: 5030, remoteAddr: "10.0.0.1", remotePort: 80 },
    ],
    warnings: [],
    doubts: [],
  });
});

Deno.test("selectEndpoints() gives nothing if the configuration has no entries", async () => {
  for (const entries of [undefined, []]) {
    assert.deepEqual(await selectEndpoints({ ...config(), entries }, { id: "0" }, unused), {
      endpoints: [],
      warnings: [],
      doubts: [],
    });
  }
});

Deno.test("selectEndpoints() lets the first of several entries with one port win, and warns of each later one", async () => {
  const all = config(entry(2, 80, "10.0.0.1"), entry(5, 80, "10.0.0.2"), entry(8, 80, "10.0.0.3"));
  const { endpoints, warnings } = await selectEndpoints(all, { id: "0" }, unused);
  assert.deepEqual(endpoints.map(({ remoteAddr }) => remoteAddr), ["10.0.0.1"]);
  assert.deepEqual(warnings, [
    "a.conf:5:3: :service_port: is 80; ignored: line 2 wins",
    "a.conf:8:3: :service_port: is 80; ignored: line 2 wins",
  ]);
});

Deno.test("selectEndpoints() does not count an entry for another network as the first of its port", async () => {
  const all = config(entry(2, 80, "10.0.0.1", [{ id: "1" }]), entry(5, 80, "10.0.0.2"));
  const { endpoints, warnings } = await selectEndpoints(all, { id: "0" }, unused);
  assert.deepEqual(endpoints.map(({ remoteAddr }) => remoteAddr), ["10.0.0.2"]);
  assert.deepEqual(warnings, []);
});

Deno.test("selectEndpoints() resolves names, and only those of the network's own entries", async () => {
  const asked: string[] = [];
  const all = config(entry(2, 80, "a.example"), entry(3, 81, "b.example", [{ id: "1" }]), entry(4, 82, "10.0.0.9"));
  const { endpoints } = await selectEndpoints(all, { id: "0" }, (name) => {
    asked.push(name);
    return resolver({ "a.example": "10.0.0.7" })(name);
  });
  assert.deepEqual(endpoints.map(({ remoteAddr }) => remoteAddr), ["10.0.0.7", "10.0.0.9"]);
  assert.deepEqual(asked, ["a.example"]);
});

Deno.test("selectEndpoints() resolves a name once, however many entries have it", async () => {
  const asked: string[] = [];
  const all = config(...[80, 81, 82].map((port) => entry(port, port, "a.example")));
  const { endpoints } = await selectEndpoints(all, { id: "0" }, (name) => {
    asked.push(name);
    return resolver({ "a.example": "10.0.0.7" })(name);
  });
  assert.deepEqual([endpoints.length, asked], [3, ["a.example"]]);
});

Deno.test("selectEndpoints() warns of a name that does not resolve, and keeps the other endpoints", async () => {
  const all = config(entry(2, 80, "gone.example"), entry(5, 81, "a.example"));
  const { endpoints, warnings } = await selectEndpoints(all, { id: "0" }, resolver({ "a.example": "10.0.0.7" }));
  assert.deepEqual(endpoints.map(({ servicePort }) => servicePort), [81]);
  assert.deepEqual(warnings, [
    "a.conf:2:3: :remote_addr: is gone.example; expected a name that resolves to IPv4 (gone.example has no IPv4 address)",
  ]);
});

Deno.test("selectEndpoints() takes of a list those that can be had, in order, and nothing if there is none", async () => {
  const names = resolver({ "a.example": "10.0.0.7", "b.example": "10.0.0.8", "same.example": "10.0.0.7" });
  const select = (remoteAddr: string, ...backupAddrs: string[]) =>
    selectEndpoints(config({ ...entry(2, 80, remoteAddr), backupAddrs }), { id: "0" }, names);
  const endpoint = { servicePort: 80, remotePort: 80 };
  const { endpoints, warnings, doubts } = await select("gone.example", "a.example", "10.0.0.9", "b.example");
  assert.deepEqual(endpoints, [{
    ...endpoint,
    remoteAddr: "10.0.0.7",
    remoteName: "a.example",
    backupAddrs: ["10.0.0.9", "10.0.0.8"],
    backupNames: [null, "b.example"],
  }]);
  assert.deepEqual([warnings.length, doubts], [1, []]);
  const twice = await select("a.example", "same.example");
  assert.deepEqual(twice.endpoints, [{ ...endpoint, remoteAddr: "10.0.0.7", remoteName: "a.example" }]);
  assert.match(twice.warnings.join(), /is same\.example \(10\.0\.0\.7\); ignored: another one of the list leads/);
  const none = await select("gone.example", "gone-too.example");
  assert.deepEqual([none.endpoints, none.warnings.length], [[], 2]);
  assert.deepEqual(none.doubts, [{ at: { line: 2, column: 3 }, servicePort: 80 }]);
});

Deno.test("selectEndpoints() warns of a name that leads back to the guest-facing address or to no host", async () => {
  for (const address of ["169.254.16.9", "0.0.0.0", "224.0.0.1", "not an address"]) {
    const all = config(entry(2, 80, "a.example"));
    const { endpoints, warnings } = await selectEndpoints(all, { id: "0" }, resolver({ "a.example": address }));
    assert.deepEqual(endpoints, []);
    assert.deepEqual(warnings.length, 1);
    assert.ok(warnings[0]?.startsWith(`a.conf:2:3: :remote_addr: is a.example (${address}); expected `), warnings[0]);
  }
});

Deno.test("selectEndpoints() refuses a name that leads to this host alone, and says what to write instead", async () => {
  const entries = [entry(3, 80, "gate.example"), entry(4, 81, "localhost"), entry(5, 82, "127.0.0.1")];
  const resolve = resolver({ "gate.example": "127.0.1.1", localhost: "127.0.0.1" });
  const { endpoints, warnings, doubts } = await selectEndpoints(config(...entries), {}, resolve);
  assert.deepEqual(endpoints.map(({ servicePort }) => servicePort), [81, 82]);
  assert.deepEqual(warnings, [
    "a.conf:3:3: :remote_addr: is gate.example (127.0.1.1); expected a name that does not lead to 127.0.0.0/8 or " +
    "169.254.0.0/16; for a service on this host write its address, 127.0.0.1 or localhost, or correct the name in /etc/hosts",
  ]);
  assert.equal(doubts.length, 1, "what was served stays");
});

Deno.test("selectEndpoints() has an endpoint or a warning for every entry that applies, and no port twice", async () => {
  const entries = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("10.0.0.1", "a.example", "b.example")),
  );
  await fc.assert(fc.asyncProperty(entries, async (drawn) => {
    const all = config(...drawn.map(([port, address], i) => entry(i + 1, port, address)));
    const { endpoints, warnings } = await selectEndpoints(all, {}, resolver({ "a.example": "10.0.0.2" }));
    assert.equal(endpoints.length + warnings.length, drawn.length);
    const ports = endpoints.map(({ servicePort }) => servicePort);
    assert.deepEqual(ports, [...new Set(ports)].toSorted((a, b) => a - b));
  }));
});

Deno.test("selectEndpoints() has the doubts that concern the network, and one for each name that leads nowhere", async () => {
  const at = { line: 9, column: 3 };
  const doubts = [
    { at, servicePort: 90, networks: [{ id: "7" }] },
    { at, servicePort: 91, networks: [{ id: "8" }] },
    { at, servicePort: 92, networks: [] },
    { at, servicePort: 93 },
    { at },
  ];
  const nowhere = entry(4, 80, "nowhere.example");
  const fail = () => Promise.reject(new TproxyError("no"));
  const selection = await selectEndpoints({ ...config(nowhere), doubts }, { id: "7" }, fail);
  assert.deepEqual(selection.doubts, [doubts[0], doubts[2], doubts[3], doubts[4], { at: nowhere.at, servicePort: 80 }]);
});

Deno.test("selectEndpoints() says of an endpoint that it is not redirected, as its entry or else the file has it", async () => {
  for (const all of [true, false]) {
    for (const own of [undefined, true, false]) {
      const options = { maxConnections: 5, ...(own === undefined ? {} : { redirect: own }) };
      const one = { ...config({ ...entry(1, 80, "10.0.0.1"), options }), redirect: all };
      const { endpoints } = await selectEndpoints(one, { id: "7" }, unused);
      const expected = { maxConnections: 5, ...(own ?? all ? {} : { redirect: false }) };
      assert.deepEqual(endpoints.map(({ options }) => options), [expected], `${all} ${own}`);
    }
  }
});
