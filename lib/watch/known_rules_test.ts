import assert from "node:assert/strict";
import { KnownRules } from "./known_rules.ts";

const TABLE = { chains: new Map(), sets: new Map() };

Deno.test("KnownRules knows the rules until somebody changes them, and for five minutes at most", () => {
  const rules = new KnownRules();
  assert.equal(rules.known(0), undefined);
  rules.end(rules.begin(1_000), TABLE);
  assert.equal(rules.known(300_999), TABLE);
  assert.equal(rules.known(301_000), undefined);
  rules.forget();
  assert.equal(rules.known(1_001), undefined);
});

Deno.test("KnownRules does not know rules that somebody changed while they were listed", () => {
  const rules = new KnownRules();
  const listing = rules.begin(1_000);
  rules.forget();
  rules.end(listing, TABLE);
  assert.equal(rules.known(1_001), undefined);
});
