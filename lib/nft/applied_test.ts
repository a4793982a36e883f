import assert from "node:assert/strict";
import { NAMES } from "../../tests/fixtures/links.ts";
import { describeRules, parseApplied, scriptOf } from "./applied.ts";
import { chainsOf } from "./chains.ts";

Deno.test("describeRules() takes down each chain and constant set, but none that has changed already", () => {
  const chains = new Map(
    chainsOf(NAMES, "ibrname").map(({ name, rules }) => {
      return [name, { rules: rules.length, fingerprint: `of ${name}` }];
    }),
  );
  chains.set("port_br0", { rules: 0, fingerprint: "of none" });
  chains.set("guard_br1", { rules: 1, fingerprint: "of another bridge" });
  const sets = new Map([
    ["guest_kinds", ["veth", "tun"]],
    ["guest_ethertypes", ["arp", "ip", "ip6"]],
    ["arp_ethertypes", ["arp", "32821"]],
    ["senders", []],
  ]);
  assert.deepEqual(describeRules(NAMES, "ibrname", { chains, sets }), {
    form: "ibrname",
    script: scriptOf(NAMES, "ibrname"),
    chains: {
      ch_br0: "of ch_br0",
      guard_br0: "of guard_br0",
      redirect_br0: "of redirect_br0",
      sender_br0: "of sender_br0",
      port_br0: "",
      guest_kinds: "tun veth",
      guest_ethertypes: "",
      arp_ethertypes: "32821 arp",
      vlan_ethertypes: "",
    },
  });
});

Deno.test("scriptOf() tells forms and bridges apart", () => {
  assert.notEqual(scriptOf(NAMES, "ibrname"), scriptOf(NAMES, "veth-set"));
  assert.equal(scriptOf(NAMES, "ibrname"), scriptOf(NAMES, "ibrname"));
});

Deno.test("parseApplied() reads what was written, and takes what is damaged for nothing", () => {
  const rules = { form: "veth-set", script: "0", chains: { ch_br0: "1" } };
  assert.deepEqual([...parseApplied(JSON.stringify({ br0: rules }))], [["br0", rules]]);
  const damaged = [
    ...["", "{", "null", "[1]", '"text"', '{"br0":null}', '{"br0":{}}'],
    ...[{ form: "other" }, { script: 7 }, { chains: { ch_br0: 7 } }, { chains: null }].map((wrong) =>
      JSON.stringify({ br0: { ...rules, ...wrong } })
    ),
  ];
  for (const text of damaged) assert.equal(parseApplied(text).size, 0, text);
});
