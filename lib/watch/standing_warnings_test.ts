import assert from "node:assert/strict";
import { StandingWarnings } from "./standing_warnings.ts";

Deno.test("a warning is written once while it lasts, and again when it comes back or says something else", () => {
  const written: string[] = [];
  const warnings = new StandingWarnings((message, fields) => written.push(`${message} ${fields?.["user"]}`));
  const pass = (...users: string[]) => {
    for (const user of users) warnings.warn("No user", { user });
    warnings.endPass();
  };
  pass("a", "a");
  pass("a");
  pass("a", "b");
  assert.deepEqual(written.splice(0), ["No user a", "No user b"]);
  pass();
  pass("b");
  assert.deepEqual(written, ["No user b"]);
});

Deno.test("a pass that fails before it comes to a warning makes nobody read it again", () => {
  let written = 0;
  const warnings = new StandingWarnings(() => written++);
  warnings.warn("lasts");
  warnings.warn("lasts");
  warnings.endPass();
  // A pass fails here and does not end.
  warnings.warn("lasts");
  assert.equal(written, 1);
});
