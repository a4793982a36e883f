import assert from "node:assert/strict";
import { gather, judged } from "./fact.ts";
import { renderJson, renderText } from "./doctor_text.ts";
import { findDrop } from "./filter.ts";
import { broken, type Examined, firstWrong, ok, skipped, unknown } from "./finding.ts";
import { parseGuest } from "./guest_facts.ts";
import { parseWatchers } from "./watch_facts.ts";

const PATH: readonly Examined[] = [
  { link: "record", why: "it counts", findings: [unknown("file", "it can't be read"), ok("other", "fine")] },
  {
    link: "port",
    why: "packets pass here",
    findings: [skipped("br1", "no such bridge"), broken("br0", "down\u001b[2J", "up")],
  },
  { link: "outer", why: "it dials", findings: [broken("one_tproxy", "gone", "start")] },
];

Deno.test("firstWrong() finds the first broken link, and an unknown one only if none is broken", () => {
  assert.equal(firstWrong(PATH)?.link, "port");
  assert.equal(firstWrong(PATH.slice(0, 1))?.state, "unknown");
  assert.equal(firstWrong([{ link: "outer", why: "", findings: [ok("a", "b"), skipped("c", "d")] }]), undefined);
});

Deno.test("renderText() ends with the first broken link, and prints nothing that a terminal obeys", () => {
  const text = renderText(PATH);
  assert.match(text, /\nbroken: port: br0: down.*; up$/);
  assert.match(text, /\n +why: packets pass here\n +do: up\n/);
  assert.ok(!text.includes("\u001b"), text);
  assert.match(renderText(PATH.slice(0, 1)), /\nnot known: record: file: it can't be read$/);
});

Deno.test("renderJson() has every link, and the first broken one", () => {
  const { links, first } = JSON.parse(renderJson(PATH));
  assert.deepEqual([links.length, first.link, first.subject], [3, "port", "br0"]);
  assert.equal(JSON.parse(renderJson([])).first, null);
});

Deno.test("gather() says why a fact can't be had, and does not wait for ever", async () => {
  assert.deepEqual(await gather(() => 1), { known: true, value: 1 });
  const failed = await gather(() => Promise.reject(new Error("nft is gone")));
  assert.deepEqual(failed, { known: false, why: "Error: nft is gone" });
  const { promise } = Promise.withResolvers<void>();
  assert.match(JSON.stringify(await gather(() => promise, 1)), /no answer within 0\.001 seconds/);
  assert.deepEqual(judged("rules", failed, () => []), [unknown("rules", "Error: nft is gone")]);
});

Deno.test("parseGuest() finds MAC address and port, and nothing of what was never heard of", () => {
  const neighbours =
    '[{"dst":"10.0.0.2","lladdr":"02:00:00:00:00:0A","state":["STALE"]},{"dst":"10.0.0.3","state":["FAILED"]}]';
  const database = '[{"mac":"02:00:00:00:00:0a","ifname":"one-1-0"},{"mac":"02:00:00:00:00:0b","ifname":"one-2-0"}]';
  const found = (address: string) => parseGuest(address, neighbours, database);
  assert.deepEqual(found("10.0.0.2"), { mac: "02:00:00:00:00:0a", state: "STALE", ports: ["one-1-0"] });
  assert.deepEqual(found("10.0.0.3"), { mac: undefined, state: "FAILED", ports: [] });
  assert.deepEqual(parseGuest("10.0.0.4", "", ""), { mac: undefined, state: undefined, ports: [] });
});

Deno.test("parseWatchers() finds the programs of root that watch, and no look-alike", () => {
  const lines = [
    " 7 4026531840 Ssl 12 /opt/one-tproxy/current/lib/deno run --quiet /opt/one-tproxy/current/lib/watch.js watch",
    " 8 4026531840 T   3 /x/deno run --allow-read=/a.conf,/run --allow-run=/b /a/cmd/tproxy.ts watch --config /a.conf",
    " 9 -          S   1 /opt/x/tproxy-watch watch",
    "10 4026531840 S   1 vi tproxy watch",
    "11 4026531840 S   1 /x/deno run /a/cmd/look.ts status watch",
  ];
  const found = parseWatchers(lines.join("\n")).map(({ pid, state, config = "" }) => `${pid}${state}${config}`);
  assert.deepEqual(found, ["7S", "8T/a.conf", "9S"]);
});

const CONNECTION = { from: "one-0-0", to: "br0b", bridge: "br0", port: 5030, callsIptables: false };

/** A listing of the chain `forward`, which jumps for the guest's port, with some rules where it jumps to. */
function listing(rules: readonly unknown[], table = "groups", policy = "accept"): string {
  const at = { family: "bridge", table };
  const from = { match: { op: "==", left: { meta: { key: "iifname" } }, right: "one-0-0" } };
  return JSON.stringify({
    nftables: [
      { metainfo: {} },
      { chain: { ...at, name: "forward", hook: "forward", prio: 0, policy } },
      { chain: { ...at, name: "out" } },
      { rule: { ...at, chain: "forward", expr: [from, { counter: {} }, { jump: { target: "out" } }] } },
      ...rules.map((expr) => ({ rule: { ...at, chain: "out", expr } })),
    ],
  });
}

function match(protocol: string, field: string, right: unknown, op = "=="): unknown {
  return { match: { op, left: { payload: { protocol, field } }, right } };
}

const DROP = { drop: null };
const ACCEPT = { accept: null };
const HERE = "bridge groups out";

Deno.test("findDrop() follows the chains of others as the kernel does", () => {
  const find = (...rules: unknown[]) => findDrop(listing(rules), CONNECTION)?.chain;
  assert.equal(find([DROP]), HERE);
  assert.equal(find([match("tcp", "dport", { set: [22, { range: [5000, 5100] }] }), ACCEPT], [DROP]), undefined);
  assert.equal(find([match("tcp", "dport", { set: [22, 80] }), ACCEPT], [DROP]), HERE);
  assert.equal(find([match("ether", "type", "arp"), ACCEPT], [match("ip", "protocol", "icmp"), ACCEPT], [DROP]), HERE);
  assert.equal(find([match("ip", "daddr", "169.254.16.9", "!="), DROP]), undefined);
  assert.equal(find([match("ip", "daddr", "169.254.16.9"), DROP]), HERE);
  assert.equal(find([{ return: null }], [DROP]), undefined);
  assert.equal(findDrop(listing([], "groups", "drop"), CONNECTION)?.chain, "bridge groups forward");
});

Deno.test("findDrop() names no drop behind a match that it does not know, and none of our own tables", () => {
  const strange = { match: { op: "==", left: { ct: { key: "mark" } }, right: 1 } };
  assert.equal(findDrop(listing([[strange, DROP]]), CONNECTION), undefined);
  assert.equal(findDrop(listing([[{ xt: null }, DROP]]), CONNECTION), undefined);
  assert.equal(findDrop(listing([[DROP]], "one_tproxy"), CONNECTION), undefined);
});

Deno.test("findDrop() says nothing of what comes behind a rule that may let the packet go on", () => {
  const strange = { match: { op: "==", left: { ct: { key: "mark" } }, right: 1 } };
  for (const verdict of [ACCEPT, { return: null }, { jump: { target: "elsewhere" } }, { goto: { target: "x" } }]) {
    const isKnown = "jump" in verdict;
    assert.equal(findDrop(listing([[strange, verdict], [DROP]]), CONNECTION)?.chain, isKnown ? HERE : undefined);
  }
  assert.equal(findDrop(listing([[{ xt: null }], [DROP]]), CONNECTION), undefined, "a target of iptables");
  const isOther = match("tcp", "dport", 22);
  assert.equal(findDrop(listing([[isOther, strange, ACCEPT], [DROP]]), CONNECTION)?.chain, HERE);
});

Deno.test("findDrop() follows the chains of IPv4, in which the bridge stands for its ports, if they are called", () => {
  const states = { match: { op: "in", left: { ct: { key: "state" } }, right: ["established", "related"] } };
  const from = (name: string) => ({ match: { op: "==", left: { meta: { key: "iifname" } }, right: name } });
  const find = (callsIptables: boolean, policy: string, ...rules: unknown[]) => {
    const at = { family: "ip", table: "filter" };
    const chain = { ...at, name: "FORWARD", hook: "forward", prio: 0, policy };
    const items = rules.map((expr) => ({ rule: { ...at, chain: "FORWARD", expr } }));
    const text = JSON.stringify({ nftables: [{ metainfo: {} }, { chain }, ...items] });
    return findDrop(text, { ...CONNECTION, callsIptables });
  };
  const drop = { chain: "ip filter FORWARD", verb: "sends", way: "out" };
  assert.deepEqual(find(true, "drop", [states, ACCEPT]), drop);
  assert.equal(find(false, "drop"), undefined);
  assert.equal(find(true, "drop", [from("br0"), ACCEPT]), undefined);
  assert.equal(find(true, "drop", [from("br*"), ACCEPT]), undefined);
  assert.deepEqual(find(true, "accept", [from("one-0-0"), DROP]), undefined);
  assert.deepEqual(find(true, "accept", [states, DROP]), { ...drop, verb: "gets", way: "in" });
});

Deno.test("findDrop() ends where chains jump in a circle", () => {
  const text = listing([[{ jump: { target: "out" } }]]);
  assert.equal(findDrop(text, CONNECTION), undefined);
});
