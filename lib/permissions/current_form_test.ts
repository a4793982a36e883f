import assert from "node:assert/strict";
import { DaemonError } from "../errors.ts";
import { checkout } from "./checkout.ts";
import { compiled } from "./compiled.ts";
import { currentForm } from "./current_form.ts";

const runtime = Deno.execPath();

Deno.test("currentForm() finds a checkout's daemons where the launcher makes them", () => {
  const form = currentForm("file:///home/me/one-tproxy/lib/permissions/current_form.ts");
  const scripts = ["/home/me/one-tproxy/.build/inner.js", "/home/me/one-tproxy/.build/outer.js"];
  assert.deepEqual(form.reads, [runtime, ...scripts]);
  assert.equal(form.modeFile, undefined);
  assert.match(checkout().inner, /^\/.*\/\.build\/inner\.js$/);
  assert.deepEqual(currentForm().reads, checkout().reads);
});

Deno.test("currentForm() finds a distribution's daemons beside the program, wherever that is", () => {
  const form = currentForm("file:///opt/one-tproxy/lib/tproxy.js");
  assert.equal(form.modeFile, "/opt/one-tproxy/../../mode");
  assert.deepEqual(form.openFilesOf("inner"), ["/opt/one-tproxy/lib/inner.js", runtime]);
  assert.deepEqual(form.reads, [runtime, "/opt/one-tproxy/lib/inner.js", "/opt/one-tproxy/lib/outer.js"]);
  assert.deepEqual(form.installed, [
    "/opt/one-tproxy/../../mode",
    "/opt/one-tproxy/../../remotes/refused",
    "/var/tmp/one/vnm",
  ]);
  assert.equal(currentForm("file:///srv/a%20b%25/lib/tproxy.js").openFilesOf("inner")[0], "/srv/a b%/lib/inner.js");
  const installed = currentForm("file:///srv/x/versions/0.1-a/lib/tproxy.js");
  assert.equal(installed.modeFile, "/srv/x/versions/0.1-a/../../mode");
});

Deno.test("compiled() finds compiled daemons beside the program", () => {
  for (const folder of ["/opt/x", ""]) {
    const { commandOf } = compiled(`${folder}/tproxy`);
    assert.deepEqual([commandOf("inner", []), commandOf("outer", [])], [
      [`${folder}/tproxy-inner`],
      [`${folder}/tproxy-outer`],
    ]);
  }
});

Deno.test("compiled() refuses a path that env(1) would take for a variable", () => {
  assert.throws(() => compiled("/opt/a=b/tproxy"), DaemonError);
});
