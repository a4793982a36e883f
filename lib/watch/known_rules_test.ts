import assert from "node:assert/strict";
import { KnownRules } from "./known_rules.ts";

const RULES = { table: { chains: new Map(), sets: new Map() }, egress: undefined };

Deno.test("KnownRules knows the rules until somebody changes them, and for five minutes at most", () => {
  const rules = new KnownRules();
  assert.equal(rules.known(0), undefined);
  rules.end(rules.begin(1_000), RULES);
  assert.equal(rules.known(300_999), RULES);
  assert.equal(rules.known(301_000), undefined);
  const { changes } = rules;
  rules.forget();
  assert.equal(rules.known(1_001), undefined);
  assert.notEqual(rules.changes, changes);
});

Deno.test("KnownRules does not know rules that somebody changed while they were listed", () => {
  const rules = new KnownRules();
  const listing = rules.begin(1_000);
  rules.forget();
  rules.end(listing, RULES);
  assert.equal(rules.known(1_001), undefined);
});
