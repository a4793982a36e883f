import assert from "node:assert/strict";
import { NAMES } from "../../tests/fixtures/links.ts";
import { describeChains, parseApplied, scriptOf } from "./applied.ts";
import { chainsOf } from "./chains.ts";

Deno.test("describeChains() takes down the fingerprint of each chain, but of none that has changed already", () => {
  const found = new Map(
    chainsOf(NAMES, "ibrname").map(({ name, rules }) => {
      return [name, { rules: rules.length, fingerprint: `of ${name}` }];
    }),
  );
  found.set("port_br0", { rules: 0, fingerprint: "of none" });
  found.set("guard_br1", { rules: 1, fingerprint: "of another bridge" });
  assert.deepEqual(describeChains(NAMES, "ibrname", found), {
    form: "ibrname",
    script: scriptOf(NAMES, "ibrname"),
    chains: {
      ch_br0: "of ch_br0",
      guard_br0: "of guard_br0",
      redirect_br0: "of redirect_br0",
      sender_br0: "of sender_br0",
      port_br0: "",
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
