import assert from "node:assert/strict";
import fc from "fast-check";
import { makeConfig } from "../../tests/fixtures/config.ts";
import { TproxyError } from "../errors.ts";
import { checkConfig, findShadowed, type HostFacts } from "./check_config.ts";
import { nameNetwork } from "./describe_network.ts";
import type { ConfigEntry, NetworkReference } from "../config/config.ts";
import { appliesTo, selectEndpoints } from "../config/select.ts";

const ID7 = { id: "7" };
const V0 = { name: "v0" };

function entry(line: number, servicePort: number, networks: NetworkReference[] = [], remoteAddr = "10.0.0.1") {
  return { at: { line, column: 3 }, servicePort, remoteAddr, remotePort: 80, networks };
}

const HOST: HostFacts = {
  resolve: (name) =>
    name === "a.example" ? Promise.resolve("10.0.0.7") : Promise.reject(new TproxyError(`${name} has no IPv4 address`)),
  uidOf: (name) => Promise.resolve(new Map([["oneadmin", 9869], ["toor", 0]]).get(name)),
};

/** The advice of findShadowed() for each line. */
function shadowed(...entries: ConfigEntry[]): [number, string][] {
  return findShadowed(entries).map(({ at, advice }) => [at.line, advice]);
}

Deno.test("findShadowed() finds an entry whose port an earlier one has for all networks", () => {
  assert.deepEqual(shadowed(entry(1, 80), entry(2, 80), entry(3, 80, [ID7]), entry(4, 81)), [
    [2, "ignored: line 1 wins"],
    [3, "ignored: line 1 wins"],
  ]);
});

Deno.test("findShadowed() finds an entry that names a network that an earlier one names, and says which", () => {
  assert.deepEqual(
    shadowed(entry(1, 80, [ID7, V0]), entry(2, 80, [{ id: "8" }]), entry(3, 80, [V0, { id: "9" }, ID7, { id: "8" }])),
    [[3, "ignored: for name v0, ID 7 line 1 wins and for ID 8 line 2 wins"]],
  );
});

Deno.test("findShadowed() leaves entries for different networks, and one for the networks that are left", () => {
  assert.deepEqual(shadowed(entry(1, 80, [ID7]), entry(2, 80, [V0]), entry(3, 80), entry(4, 81, [ID7])), []);
  assert.deepEqual(shadowed(entry(1, 80, [ID7, ID7, { name: "7" }])), []);
});

Deno.test("findShadowed() names the entry that wins, not the one that lost before", () => {
  assert.deepEqual(shadowed(entry(1, 80, [ID7]), entry(2, 80, [ID7, V0]), entry(3, 80, [V0, ID7])), [
    [2, "ignored: for ID 7 line 1 wins"],
    [3, "ignored: for name v0 line 2 wins and for ID 7 line 1 wins"],
  ]);
});

Deno.test("findShadowed() finds just the entries that a network of theirs would be warned of", async () => {
  const networks = fc.uniqueArray(fc.constantFrom("1", "2", "3"), { maxLength: 2 });
  const entries = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), networks), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(entries, async (drawn) => {
    const all = drawn.map(([port, ids], i) => entry(i + 1, port, ids.map((id) => ({ id }))));
    const warned = new Set<number>();
    for (const id of ["1", "2", "3", "4"]) {
      const { warnings } = await selectEndpoints(makeConfig(all), { id });
      for (const warning of warnings) warned.add(Number(warning.split(":")[1]));
    }
    // An entry for all networks that follows one for some networks gets a warning, and still serves the others.
    const useful = (line: number) =>
      all[line - 1]?.networks.length === 0 &&
      !all.slice(0, line - 1).some((earlier) =>
        earlier.servicePort === all[line - 1]?.servicePort && appliesTo(earlier, { id: "4" })
      );
    assert.deepEqual(
      findShadowed(all).map(({ at }) => at.line),
      [...warned].filter((line) => !useful(line)).toSorted((a, b) => a - b),
    );
  }));
});

Deno.test("checkConfig() resolves each name once, and reports those that lead nowhere", async () => {
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return HOST.resolve(name);
  };
  const entries = ["a.example", "10.0.0.9", "a.example", "b.example"].map((name, i) => entry(i + 1, i + 1, [], name));
  const checked = await checkConfig(makeConfig(entries), { ...HOST, resolve });
  assert.deepEqual(asked, ["a.example", "b.example"]);
  assert.deepEqual(checked.entries?.flatMap(({ answers }) => answers), ["10.0.0.7", "10.0.0.9", "10.0.0.7", undefined]);
  assert.deepEqual(checked.problems, [{
    at: { line: 4, column: 3 },
    key: ":remote_addr:",
    value: "b.example",
    advice: "expected a name that resolves to IPv4 (b.example has no IPv4 address)",
  }]);
});

Deno.test("checkConfig() reports a name of a list that leads nowhere, or where another one leads", async () => {
  const listed = { ...entry(4, 80, [], "a.example"), backupAddrs: ["b.example", "10.0.0.7", "10.0.0.9"] };
  const { entries, problems } = await checkConfig(makeConfig([listed]), HOST);
  assert.deepEqual(entries?.[0]?.answers, ["10.0.0.7", undefined, "10.0.0.7", "10.0.0.9"]);
  assert.deepEqual(problems.map(({ value, advice }) => `${value}: ${advice}`), [
    "b.example: expected a name that resolves to IPv4 (b.example has no IPv4 address)",
    "10.0.0.7: ignored: another one of the list leads to this address",
  ]);
});

Deno.test("checkConfig() remarks that one user for all proxies is weaker; one unknown here, and root, are problems", async () => {
  const at = { line: 9, column: 24 };
  const check = async (processOwner: string | undefined, host = HOST) => {
    const owned = processOwner === undefined ? {} : { processOwner, processOwnerAt: at };
    const { problems, remarks } = await checkConfig(makeConfig([], owned), host);
    for (const problem of [...problems, ...remarks]) {
      assert.deepEqual({ ...problem, advice: "" }, {
        at,
        key: ":tproxy_process_owner:",
        value: processOwner,
        advice: "",
      });
    }
    return [problems, remarks].map((found) => found.map(({ advice }) => advice).join());
  };
  assert.deepEqual(await check(undefined), ["", ""]);
  const own = "without this line each proxy is a user of its own";
  assert.deepEqual(await check("oneadmin"), ["", `a proxy that is taken over may end the others; ${own}`]);
  const taken = "nothing keeps a proxy that is taken over from root's files and processes";
  assert.deepEqual(await check("toor"), [`${taken}; ${own}`, ""]);
  assert.deepEqual(await check("oneadmn"), ["expected a user of this host", ""]);
  const uidOf = () => Promise.reject(new Error("no answer"));
  assert.deepEqual(await check("one", { ...HOST, uidOf }), ["expected a user of this host (no answer)", ""]);
});

Deno.test("checkConfig() remarks on an address that opens to guests what only this host reaches", async () => {
  const host = { ...HOST, resolve: () => Promise.resolve("127.0.0.1") };
  const remotes = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost"];
  const entries = remotes.map((remote, i) => entry(i + 1, 80 + i, [], remote));
  const { problems, remarks } = await checkConfig(makeConfig(entries), host);
  assert.deepEqual(problems, []);
  const advice = "guests reach what otherwise only this hypervisor does";
  assert.deepEqual(
    remarks.map(({ at, key, value, advice }) => [at.line, key, value, advice]),
    [[1, "127.0.0.1"], [3, "169.254.169.254"], [4, "localhost"]].map(([line, value]) => {
      return [line, ":remote_addr:", value, advice];
    }),
  );
});

Deno.test("checkConfig() puts all problems into the file's order", async () => {
  const problems = [{ at: { line: 4, column: 1 }, key: ":tproxy:", value: "x", advice: "expected an entry" }];
  const all = [entry(2, 80), entry(3, 80, [], "b.example"), entry(6, 80)];
  const checked = await checkConfig(makeConfig(all, { problems }), HOST);
  assert.deepEqual(checked.problems.map(({ at, key }) => `${at.line} ${key}`), [
    "3 :remote_addr:",
    "3 :service_port:",
    "4 :tproxy:",
    "6 :service_port:",
  ]);
});

Deno.test("checkConfig() asks nothing of the host for a file without our keys", async () => {
  const refuse = () => Promise.reject(new Error("nothing is to be asked"));
  assert.deepEqual(await checkConfig(makeConfig(undefined), { resolve: refuse, uidOf: refuse }), makeConfig(undefined));
});

Deno.test("nameNetwork() puts a name that is not one plain word into quotes", () => {
  const names = ["vnet0", "a-b.c_d", "a b", "a, ID 7", 'a"b', "a\nb", "", "a\u009b2J\u202e"];
  assert.deepEqual([nameNetwork(ID7), ...names.map((name) => nameNetwork({ name }))], [
    "ID 7",
    "name vnet0",
    "name a-b.c_d",
    'name "a b"',
    'name "a, ID 7"',
    'name "a\\"b"',
    'name "a\\nb"',
    'name ""',
    'name "a\ufffd2J\ufffd"',
  ]);
});
