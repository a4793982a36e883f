import assert from "node:assert/strict";
import { DaemonError } from "../errors.ts";
import { binariesBeside, scripts } from "./daemon_programs.ts";

const runtime = Deno.execPath();

Deno.test("scripts() finds a checkout's daemons where the launcher makes them", () => {
  assert.deepEqual(scripts("file:///home/me/one-tproxy/lib/permissions/daemon_programs.ts"), {
    runtime,
    inner: "/home/me/one-tproxy/.build/inner.js",
    outer: "/home/me/one-tproxy/.build/outer.js",
  });
  assert.match(scripts().inner, /^\/.*\/\.build\/inner\.js$/);
});

Deno.test("scripts() finds a distribution's daemons beside the program, wherever that is", () => {
  assert.deepEqual(scripts("file:///opt/one-tproxy/lib/tproxy.js"), {
    runtime,
    inner: "/opt/one-tproxy/lib/inner.js",
    outer: "/opt/one-tproxy/lib/outer.js",
    mode: "/opt/one-tproxy/../../mode",
  });
  assert.equal(scripts("file:///srv/a%20b%25/lib/tproxy.js").inner, "/srv/a b%/lib/inner.js");
  assert.equal(scripts("file:///srv/x/versions/0.1-a/lib/tproxy.js").mode, "/srv/x/versions/0.1-a/../../mode");
});

Deno.test("binariesBeside() finds compiled daemons beside the program", () => {
  const found = { inner: "/opt/x/tproxy-inner", outer: "/opt/x/tproxy-outer" };
  assert.deepEqual(binariesBeside("/opt/x/tproxy"), found);
  assert.deepEqual(binariesBeside("/tproxy"), { inner: "/tproxy-inner", outer: "/tproxy-outer" });
});

Deno.test("binariesBeside() refuses a path that env(1) would take for a variable", () => {
  assert.throws(() => binariesBeside("/opt/a=b/tproxy"), DaemonError);
});
