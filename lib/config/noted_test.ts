import assert from "node:assert/strict";
import type { Config } from "./config.ts";
import { parseConfig } from "./parse.ts";
import { NotNotedError } from "../errors.ts";
import { parseNoted, renderNoted, steady } from "./noted.ts";

const CONFIG = parseConfig(
  `:tproxy_debug_level: 9
:tproxy_process_owner: oneadmin
:tproxy:
- :service_port: 5030
  :remote_addr: [10.11.12.13, gate.example]
  :remote_port: 5030
  :networks: [7, private]
- :service_port: 70000
  :remote_addr: 10.11.12.13
  :remote_port: 5030
`,
  "/a.conf",
);

/** A note that has been changed by somebody who does not mend its hash. */
function changed(change: Partial<Config>): string {
  const note = JSON.parse(renderNoted(CONFIG, "1 2 3"));
  return JSON.stringify({ ...note, text: JSON.stringify({ ...CONFIG, ...change }) });
}

Deno.test("parseNoted() reads what renderNoted() has written of the same file, what is wrong in it included", () => {
  assert.ok(CONFIG.problems.length > 1 && CONFIG.doubts.length > 0, "there is something of each kind in it");
  assert.deepEqual(parseNoted(renderNoted(CONFIG, "1 2 3"), "/a.conf", "1 2 3"), CONFIG);
});

Deno.test("parseNoted() reads that a configuration has no list of services", () => {
  const without = parseConfig(":tproxy_debug_level: 1\n", "/a.conf");
  const noted = parseNoted(renderNoted(without, "1"), "/a.conf", "1");
  assert.equal(noted?.debugLevel, 1);
  assert.equal(noted.entries, undefined);
});

Deno.test("parseNoted() takes nothing of another file, another state of it, another version or a damaged note", () => {
  const note = renderNoted(CONFIG, "1 2 3");
  assert.equal(parseNoted(note, "/b.conf", "1 2 3"), undefined);
  assert.equal(parseNoted(note, "/a.conf", "1 2 4"), undefined);
  const damaged = [
    JSON.stringify({ ...JSON.parse(note), version: "0.0.0" }),
    changed({ debugLevel: 4 as 3 }),
    changed({ entries: [] }),
    ...["", "{", "null", "[]", "7", "{}", note.slice(0, -3)],
  ];
  for (const text of damaged) assert.equal(parseNoted(text, "/a.conf", "1 2 3"), undefined, text);
});

Deno.test("steady() goes on with what was read, or with what is noted by then, and begins with nothing else", async () => {
  const second = { ...CONFIG, debugLevel: 1 } as const;
  const notNoted = new NotNotedError("not noted");
  const answers = [CONFIG, notNoted, second, notNoted];
  const read = () => {
    const answer = answers.shift() ?? notNoted;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const source = steady({ path: "/a.conf", read });
  const taken: Config[] = [];
  for (let i = 0; i < 4; i++) taken.push(await source.read());
  assert.deepEqual(taken, [CONFIG, CONFIG, second, second]);
  await assert.rejects(steady({ path: "/a.conf", read }).read(), NotNotedError);
});
