import assert from "node:assert/strict";
import type { Attempt } from "../connect_all.ts";
import { parseBridgeName } from "../names.ts";
import type { PathAttempt } from "../try_path.ts";
import { VERSION } from "../version.ts";
import type { Facts, FirstFacts } from "./facts.ts";
import { deviceFor } from "./gather_paths.ts";
import { judgePaths } from "./judge_paths.ts";

const BR0 = parseBridgeName("br0");
const ENDPOINT = { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030 };
const ADDRESS = { target: "169.254.16.9:9", ms: 0.5 };
const ACCEPTED = { target: "169.254.16.9:5030", port: 5030, ms: 0.25 };

/** What is found where the probe has met something, as one line for each finding. */
function found(path: PathAttempt, endpoints = [ENDPOINT], dials: readonly Attempt[] = []): string[] {
  const paths = new Map([[BR0, { known: true, value: path }]]);
  const facts = { paths, endpoints: new Map([[BR0, endpoints]]), dials: { known: true, value: dials } };
  return judgePaths(facts as unknown as Facts).map(({ state, subject, text }) => `${state} ${subject}: ${text}`);
}

function answered(answer: string, dials: readonly Attempt[] = []): string[] {
  return found({ address: ADDRESS, ports: [{ ...ACCEPTED, answer, answerMs: 2 }] }, [ENDPOINT], dials);
}

Deno.test("judgePaths() tells the time of each part of the way", () => {
  const attempts = [{ target: "10.11.12.12:5030", error: "no answer" }, { target: "10.11.12.13:5030", ms: 1.5 }];
  assert.deepEqual(answered(JSON.stringify({ from: "outer", attempts, ms: 1.75 })), [
    "ok br0 5030: 169.254.16.9 answers after 0.5 ms, one_tproxy_br0 accepts after 0.3 ms, " +
    "one_tproxy has it after 0.3 ms, 10.11.12.13:5030 accepts after 1.5 ms",
  ]);
});

Deno.test("judgePaths() names what outer, inner or something else has answered", () => {
  const refused = { from: "outer", attempts: [{ target: "10.11.12.13:5030", error: "Connection refused" }], ms: 1 };
  assert.match(
    answered(JSON.stringify(refused))[0] ?? "",
    /^broken .* no further: 10\.11\.12\.13:5030: Connection ref/,
  );
  const dial = { target: "10.11.12.13:5030", error: "Connection refused" };
  assert.match(answered(JSON.stringify(refused), [dial])[0] ?? "", /^skipped .*, and the service is broken$/);
  const unserved = { from: "outer", attempts: [], ms: 0, error: "its network has no such service" };
  assert.match(answered(JSON.stringify(unserved))[0] ?? "", /no further: its network has no such service$/);
  const alone = { from: "inner", attempts: [], ms: 0, error: "NotFound: no such file" };
  assert.match(answered(JSON.stringify(alone))[0] ?? "", /one_tproxy_br0 can't pass it on to outer: NotFound/);
  assert.deepEqual(answered("SSH-2.0-OpenSSH"), ["unknown br0 5030: the proxies do not know the probe"]);
  assert.match(answered("")[0] ?? "", /^broken br0 5030: one_tproxy_br0 ends it without an answer$/);
});

Deno.test("judgePaths() says that ports were left out, and that nothing was asked for", () => {
  const attempts = [{ target: "10.11.12.13:5030", ms: 1.5 }];
  const answer = JSON.stringify({ from: "outer", attempts, ms: 1.75 });
  const path = { address: ADDRESS, ports: [{ ...ACCEPTED, answer, answerMs: 2 }] };
  assert.match(found(path, [ENDPOINT, ENDPOINT])[1] ?? "", /^skipped br0: 1 more ports were not tried/);
  const facts = { paths: new Map(), endpoints: new Map([[BR0, [ENDPOINT]]]) };
  assert.equal(judgePaths(facts as unknown as Facts)[0]?.text, "it was not asked for");
});

Deno.test("deviceFor() leaves a bridge out whose proxies are of another version: they would count the probe", () => {
  const bridge = { name: "br0", kind: "bridge", stp: false };
  const inner = { draining: false, version: VERSION, role: { title: "one_tproxy_br0", bridge: "br0" } };
  const other = { draining: false, version: undefined, role: { title: "one_tproxy_br1", bridge: "br1" } };
  const outer = { draining: false, version: VERSION, role: { title: "one_tproxy" } };
  const of = (...daemons: unknown[]) => {
    const facts = { links: { known: true, value: [bridge] }, processes: { known: true, value: { daemons } } };
    return deviceFor(BR0, facts as unknown as FirstFacts);
  };
  assert.deepEqual(of(inner, other, outer), bridge);
  const notTried = "one_tproxy is of another version, which may not know it";
  assert.deepEqual(of(inner, { ...outer, version: "0.0.9" }), { notTried });
  assert.deepEqual(of(inner, outer, { ...outer, version: "0.0.9", draining: true }), bridge);
});
