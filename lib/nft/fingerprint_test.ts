import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { readTable, refreshTable } from "./fingerprint.ts";

const CHAIN = { family: "bridge", table: "one_tproxy", name: "guard_br0", handle: 2, type: "filter", policy: "accept" };
const DROP = { family: "bridge", table: "one_tproxy", chain: "guard_br0", handle: 3, expr: [{ drop: null }] };

function listing(...items: object[]): string {
  return JSON.stringify({
    nftables: [{ metainfo: { version: "1.0.6" } }, { table: { name: "one_tproxy" } }, ...items],
  });
}

function fingerprint(...items: object[]): string | undefined {
  return readTable(listing(...items)).chains.get("guard_br0")?.fingerprint;
}

/** A rule with other expressions. */
function rule(...expr: unknown[]): object {
  return { rule: { ...DROP, expr } };
}

Deno.test("readTable() counts the rules of each chain", () => {
  const other = { chain: { ...CHAIN, name: "ch_br0" } };
  const { chains } = readTable(listing({ chain: CHAIN }, { rule: DROP }, { rule: DROP }, other));
  assert.deepEqual([...chains].map(([name, { rules }]) => [name, rules]), [["guard_br0", 2], ["ch_br0", 0]]);
  assert.equal(readTable(listing()).chains.size, 0);
});

Deno.test("readTable() reads sets of names", () => {
  const set = { family: "bridge", table: "one_tproxy", name: "veth_ends", type: "ifname" };
  const { sets } = readTable(listing({ set: { ...set, elem: ["br0b", "br1b"] } }, { set: { ...set, name: "empty" } }));
  assert.deepEqual([...sets], [["veth_ends", ["br0b", "br1b"]], ["empty", []]]);
});

Deno.test("readTable() reads nothing of other tables", () => {
  const others = [{ chain: { ...CHAIN, table: "theirs" } }, { chain: { ...CHAIN, family: "ip" } }];
  assert.deepEqual(readTable(listing(...others)), { chains: new Map(), sets: new Map() });
});

Deno.test("readTable() tells whether the table is turned off", () => {
  const table = (family: string, flags: object) => ({ table: { family, name: "one_tproxy", ...flags } });
  assert.equal(readTable(listing(table("bridge", { flags: ["dormant"] }))).isDormant, true);
  assert.equal(readTable(listing(table("bridge", {}), table("ip", { flags: ["dormant"] }))).isDormant, undefined);
});

Deno.test("refreshTable() takes the sets as they are, and what was known of the chains that are still there", () => {
  const former = readTable(listing({ chain: CHAIN }, { rule: DROP }, { chain: { ...CHAIN, name: "ch_br0" } }));
  const object = { family: "bridge", elements: [] } as const;
  const now = refreshTable(former, [
    { ...object, kind: "chain", name: "guard_br0" },
    { ...object, kind: "chain", name: "guard_br1" },
    { ...object, kind: "set", name: "veth_ends", elements: ["br0b"] },
  ]);
  assert.deepEqual([...now.chains], [["guard_br0", former.chains.get("guard_br0")]]);
  assert.deepEqual([...now.sets], [["veth_ends", ["br0b"]]]);
  assert.equal(now.isDormant, undefined);
  assert.equal(refreshTable({ ...former, isDormant: true }, []).isDormant, true);
});

Deno.test("a fingerprint differs with each rule, with their order, and with what the chain is", () => {
  const accept = rule({ accept: null });
  const all = [
    fingerprint({ chain: CHAIN }),
    fingerprint({ chain: CHAIN }, { rule: DROP }),
    fingerprint({ chain: CHAIN }, { rule: DROP }, { rule: DROP }),
    fingerprint({ chain: CHAIN }, { rule: DROP }, accept),
    fingerprint({ chain: CHAIN }, accept, { rule: DROP }),
    fingerprint({ chain: { ...CHAIN, policy: "drop" } }, { rule: DROP }),
    fingerprint({ chain: { ...CHAIN, prio: 7 } }, { rule: DROP }),
    fingerprint({ chain: CHAIN }, rule({ match: { op: "==", left: "a", right: { set: ["x", "y"] } } })),
    fingerprint({ chain: CHAIN }, rule({ match: { op: "==", left: "a", right: { set: ["x"] } } })),
  ];
  assert.equal(new Set(all).size, all.length);
});

Deno.test("a fingerprint is the same whatever numbers the kernel gave, has counted, or in which order it lists a set", () => {
  const make = (handle: number, packets: number, ...set: string[]) =>
    fingerprint(
      { chain: { ...CHAIN, handle } },
      { rule: { ...DROP, handle: handle + 1, expr: [{ counter: { packets, bytes: packets } }, { match: { set } }] } },
    );
  assert.equal(make(2, 0, "eth0", "eth1"), make(70, 9000, "eth1", "eth0"));
});

Deno.test("readTable() never takes what is not a listing for one without chains", () => {
  for (const text of ["", "{}", "[]", '{"nftables":[]}']) assert.throws(() => readTable(text), KernelStateError, text);
});
