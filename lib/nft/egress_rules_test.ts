import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelStateError } from "../errors.ts";
import type { Egress } from "./egress_rules.ts";
import { renderEgress, renderNoEgress } from "./egress_script.ts";
import { type AppliedEgress, describeEgress, type EgressListings } from "./applied_egress.ts";
import { parseEgress, type PresentEgress } from "./egress_listing.ts";

const OUTER = 1_916_777_216;
const EGRESS: Egress = { remotes: new Set(["10.11.12.13 . 5030", "127.0.0.1 . 8080"]), innerEnds: new Set(["br0b"]) };

/** A listing as nft 1.0.6 prints it, made from the script. Only the form of the matches differs. */
function listingOf(script: string, family: "inet" | "bridge"): Record<string, unknown>[] {
  const own = script.split("\n").filter((line) => line.includes(` ${family} one_tproxy_egress`));
  const common = { family, table: "one_tproxy_egress", handle: 1 };
  return own.flatMap((line): Record<string, unknown>[] => {
    const [, kind, , , name = "", ...rest] = line.split(" ");
    if (kind === "set") {
      const list = own.find((line) => line.startsWith(`add element ${family} one_tproxy_egress ${name}`));
      const elem = /\{ (.*) \}/.exec(list ?? "")?.[1]?.split(", ").map((element) => {
        const [address, port] = element.split(" . ");
        return port === undefined ? element.replaceAll('"', "") : { concat: [address, Number(port)] };
      });
      return [{ set: { ...common, name, type: "x", ...(elem === undefined ? {} : { elem }) } }];
    }
    if (kind === "chain") {
      const base = rest.length === 0 ? {} : { type: "filter", hook: name, prio: 0, policy: "accept" };
      return [{ chain: { ...common, name, ...base } }];
    }
    if (kind !== "rule") return [];
    const verdict = /\b(accept|drop|reject|jump)\b/.exec(line)?.[1] ?? "";
    return [{
      rule: {
        ...common,
        chain: name,
        comment: /comment "(.*)"/.exec(line)?.[1],
        expr: [{ match: line.slice(0, line.indexOf("comment")) }, { [verdict]: null }],
      },
    }];
  });
}

function json(items: readonly unknown[]): string {
  return JSON.stringify({ nftables: [{ metainfo: {} }, { table: { name: "one_tproxy_egress" } }, ...items] });
}

function listings(egress: Egress): { inet: string; bridge: string } {
  const script = renderEgress(OUTER, egress);
  return { inet: json(listingOf(script, "inet")), bridge: json(listingOf(script, "bridge")) };
}

/** The fingerprints that were recorded when the tables were made. */
const APPLIED = describeEgress(OUTER, listings(EGRESS));

function parse(listings: EgressListings, applied: AppliedEgress | undefined = APPLIED): PresentEgress {
  return parseEgress(OUTER, listings, applied);
}

Deno.test("renderEgress() writes this script", () => {
  assert.deepEqual(renderEgress(OUTER, EGRESS).split("\n"), [
    "add table inet one_tproxy_egress",
    "delete table inet one_tproxy_egress",
    "add table inet one_tproxy_egress",
    "add set inet one_tproxy_egress remotes { type ipv4_addr . inet_service ; }",
    "add element inet one_tproxy_egress remotes { 10.11.12.13 . 5030, 127.0.0.1 . 8080 }",
    "add chain inet one_tproxy_egress outer",
    "add chain inet one_tproxy_egress output { type filter hook output priority filter ; policy accept ; }",
    "add rule inet one_tproxy_egress outer meta nfproto ipv4 tcp flags & syn == 0 accept " +
    'comment "connections that were allowed go on"',
    "add rule inet one_tproxy_egress outer ip daddr . tcp dport @remotes tcp flags & (syn | ack) == syn accept " +
    'comment "the services in the maps"',
    "add rule inet one_tproxy_egress outer tcp flags & (syn | ack) == syn counter reject with tcp reset " +
    'comment "outer-connects"',
    'add rule inet one_tproxy_egress outer counter reject with icmpx type admin-prohibited comment "outer-sends"',
    "add rule inet one_tproxy_egress output meta skuid 1916777216 jump outer " +
    'comment "skuid 1916777216 is the outer proxy"',
    "add rule inet one_tproxy_egress output meta skgid 1916777216 jump outer " +
    'comment "skgid 1916777216 is the outer proxy"',
    "add table bridge one_tproxy_egress",
    "delete table bridge one_tproxy_egress",
    "add table bridge one_tproxy_egress",
    "add set bridge one_tproxy_egress inner_ends { type ifname ; }",
    'add element bridge one_tproxy_egress inner_ends { "br0b" }',
    "add chain bridge one_tproxy_egress inner",
    "add chain bridge one_tproxy_egress prerouting { type filter hook prerouting priority filter ; policy accept ; }",
    'add rule bridge one_tproxy_egress inner ether type arp accept comment "ARP"',
    "add rule bridge one_tproxy_egress inner ip saddr 169.254.16.9 tcp flags & (syn | ack) == syn counter drop " +
    'comment "inner-connects"',
    'add rule bridge one_tproxy_egress inner ip saddr 169.254.16.9 meta l4proto tcp accept comment "what it answers"',
    "add rule bridge one_tproxy_egress inner ip saddr 169.254.16.9 icmp type " +
    "{ echo-reply, destination-unreachable, time-exceeded, parameter-problem } accept " +
    'comment "the kernel\'s own answers"',
    "add rule bridge one_tproxy_egress inner ip saddr 169.254.16.9 ip frag-off & 0x1fff != 0 accept " +
    'comment "the rest of a long answer"',
    'add rule bridge one_tproxy_egress inner counter drop comment "inner-sends"',
    'add rule bridge one_tproxy_egress prerouting iifname @inner_ends jump inner comment "what inner proxies send"',
    "",
  ]);
});

Deno.test("renderEgress() lets nobody through where there is no service", () => {
  assert.ok(!renderEgress(OUTER, { remotes: new Set(), innerEnds: new Set() }).includes("add element"));
});

Deno.test("renderNoEgress() deletes both tables, there or not", () => {
  for (const family of ["inet", "bridge"]) {
    const table = `table ${family} one_tproxy_egress\n`;
    assert.ok(renderNoEgress().includes(`add ${table}delete ${table}`));
  }
});

Deno.test("parseEgress() reads what renderEgress() wrote", () => {
  assert.deepEqual(parse(listings(EGRESS)), { ...EGRESS, exists: true, intact: true });
  const nothing = { remotes: new Set<string>(), innerEnds: new Set<string>() };
  assert.deepEqual(parse(listings(nothing)), { ...nothing, exists: true, intact: true });
  const absent = { inet: undefined, bridge: undefined };
  assert.deepEqual(parse(absent), { ...nothing, exists: false, intact: false });
});

Deno.test("parseEgress() sees every rule, chain and set that is missing, more than should be, changed or moved", () => {
  const items = listingOf(renderEgress(OUTER, EGRESS), "inet");
  const isIntact = (items: readonly unknown[]) => parse({ ...listings(EGRESS), inet: json(items) }).intact;
  assert.equal(isIntact(items), true);
  for (const [i, item] of items.entries()) {
    assert.equal(isIntact(items.toSpliced(i, 1)), false, `without ${JSON.stringify(item)}`);
    assert.equal(isIntact(items.toSpliced(i, 0, item)), false, `with two of ${JSON.stringify(item)}`);
  }
  const [first, second] = items.flatMap((item, i) => "rule" in item ? [i] : []);
  const rules = [items[first ?? 0], items[second ?? 0]];
  assert.equal(isIntact(items.with(first ?? 0, rules[1] ?? {}).with(second ?? 0, rules[0] ?? {})), false);
  assert.equal(isIntact([...items, { counter: { name: "x" } }]), false);
  const text = json(items);
  const dormant = text.replace('{"name":"one_tproxy_egress"}', '{"name":"one_tproxy_egress","flags":"dormant"}');
  assert.notEqual(dormant, text);
  assert.equal(parse({ ...listings(EGRESS), inet: dormant }).intact, false);
  for (
    const [old = "", replaced = ""] of [
      ['{"reject"', '{"accept"'],
      [`skuid ${OUTER} is`, "skuid 1000 is"],
      // The rule matches something else, and its comment stays.
      [`meta skuid ${OUTER} jump`, "meta skuid 1000 jump"],
      ['"output","prio"', '"input","prio"'],
    ]
  ) {
    const changed = text.replace(old, replaced);
    assert.notEqual(changed, text, old);
    assert.equal(parse({ ...listings(EGRESS), inet: changed }).intact, false, old);
  }
  for (const gone of ["inet", "bridge"]) {
    assert.equal(parse({ ...listings(EGRESS), [gone]: undefined }).intact, false);
  }
});

Deno.test("parseEgress() takes nothing for intact of which nobody knows how it was made, or another version made it", () => {
  assert.equal(parse(listings(EGRESS)).intact, true);
  assert.equal(parseEgress(OUTER, listings(EGRESS), undefined).intact, false);
  assert.equal(parse(listings(EGRESS), { ...APPLIED, script: "0" }).intact, false);
  assert.equal(parse(listings(EGRESS), describeEgress(OUTER + 1, listings(EGRESS))).intact, false);
});

Deno.test("describeEgress() knows no table that has another number of rules than it was given", () => {
  const short = json(listingOf(renderEgress(OUTER, EGRESS), "inet").slice(0, -1));
  assert.deepEqual(describeEgress(OUTER, { inet: short, bridge: undefined }).tables, { inet: "", bridge: "" });
});

Deno.test("parseEgress() keeps what is no element of ours out of the next script", () => {
  for (
    const element of [
      'br1b"; flush ruleset; #',
      "br1b br2b",
      "",
      { concat: ["10.0.0.1", "80 }"] },
      { prefix: {} },
      7.5e9,
    ]
  ) {
    const json = listings(EGRESS).bridge.replace('["br0b"]', JSON.stringify(["br0b", element]));
    const { innerEnds, intact } = parse({ ...listings(EGRESS), bridge: json });
    assert.deepEqual([...innerEnds].filter((name) => name !== "7500000000"), ["br0b"]);
    assert.equal(intact, typeof element === "number");
  }
});

Deno.test("parseEgress() does not care in which order nft lists what is not a rule of the same chain", () => {
  const items = listingOf(renderEgress(OUTER, EGRESS), "inet");
  const byChain = items.toSorted((a, b) => JSON.stringify(a["rule"] ?? "") < JSON.stringify(b["rule"] ?? "") ? 1 : -1);
  const rules = byChain.filter((item) => "rule" in item);
  const others = byChain.filter((item) => !("rule" in item));
  const inOrder = items.filter((item) => "rule" in item).toSorted((a, b) => chainOf(b) < chainOf(a) ? -1 : 1);
  assert.equal(rules.length, inOrder.length);
  assert.equal(parse({ ...listings(EGRESS), inet: json([...inOrder, ...others]) }).intact, true);
});

function chainOf(item: Record<string, unknown>): string {
  return JSON.stringify((item["rule"] as { chain: string }).chain);
}

Deno.test("parseEgress() fails with nothing but KernelStateError", () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.jsonValue()).map(json),
    fc.jsonValue().map((elem) => json([{ set: { name: "remotes", elem } }, { rule: { chain: elem, expr: elem } }])),
  );
  fc.assert(fc.property(text, (text) => {
    try {
      parse({ inet: text, bridge: undefined });
    } catch (error) {
      assert.ok(error instanceof KernelStateError, String(error));
    }
  }));
});
