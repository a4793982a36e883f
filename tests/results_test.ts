import assert from "node:assert/strict";
import { Host } from "./lab/host.ts";
import { totalsOf } from "./lab/results.ts";

/** Runs a file with some text as the lab's tests are run, and counts. */
async function totalsOfRun(host: Host, text: string, ...options: string[]): Promise<ReturnType<typeof totalsOf>> {
  await host.write("/run/a_test.ts", text);
  await host.run(["rm", "-f", "/run/a.xml"]);
  const flags = ["--no-config", "--no-check", "--junit-path=/run/a.xml", ...options];
  const { code } = await host.run([Deno.execPath(), "test", ...flags, "/run/a_test.ts"]);
  const { code: missing, stdout } = await host.run(["cat", "/run/a.xml"]);
  return totalsOf(missing === 0 ? stdout : undefined, code);
}

const TESTS = `
Deno.test("passes", () => {});
Deno.test("fails with what XML has to escape, and <testcase/>", () => { throw new Error("]]> & \\u001b[31m \\0"); });
Deno.test({ name: "is ignored", ignore: true, fn() {} });
`;

Deno.test("totalsOf() counts what the runner says of each test, and not what it prints", async () => {
  await using host = await Host.create("runner");
  assert.deepEqual(await totalsOfRun(host, TESTS), { passed: 1, failed: 1, skipped: 1 });
  const printed = 'Deno.test("prints", () => console.log("FAILED | 3 passed | 4 failed | 5 ignored (2s)"));';
  assert.deepEqual(await totalsOfRun(host, printed), { passed: 1, failed: 0, skipped: 0 });
});

Deno.test("totalsOf() takes a file that dies, or can't be loaded, for a failed test", async () => {
  await using host = await Host.create("runner");
  const lost = { passed: 0, failed: 1, skipped: 0 };
  const good = 'Deno.test("passes", () => {});';
  assert.deepEqual(await totalsOfRun(host, `${good} import "./missing.ts";`), lost);
  const dies = 'Deno.test("dies", () => Deno.kill(Deno.pid, "SIGKILL"));';
  assert.deepEqual(await totalsOfRun(host, good + dies, "--allow-run"), lost);
  const { failed } = await totalsOfRun(host, `${good} queueMicrotask(() => { throw new Error("late"); });`);
  assert.equal(failed, 1);
});
