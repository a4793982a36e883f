/**
 * A service with several addresses: front-ends in high availability without a virtual address.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { clientState, startClient, startService } from "./faults/crowd.ts";
import type { Host } from "./lab/host.ts";
import type { Lab } from "./lab/lab.ts";
import { startNginx } from "./lab/nginx.ts";
import {
  ANSWER,
  assertServed,
  CONFIG,
  entry,
  fetchFrom,
  GATE,
  inLab,
  makeScenario,
  type Scenario,
} from "./lab/scenario.ts";

const SECOND = "10.11.12.14";
const THIRD = "10.11.12.15";
const LIST = CONFIG.replace(GATE, `[${GATE}, ${SECOND}]`);

const REFUSES = "reject with tcp reset";

/** What the second front-end answers at `/who`. */
const ANSWER_OF_SECOND = "second 10.11.12.1\n";

/** The usual topology with a second front-end. Nothing of ours has run yet. */
async function makeFrontEnds(lab: Lab, config = LIST): Promise<Scenario & { second: Host }> {
  const scenario = await makeScenario(lab, config);
  const second = await lab.service("second", SECOND);
  await startNginx(second, SECOND, 5030);
  return { ...scenario, second };
}

/** Has a host drop or refuse all connections to the service, or take them again. */
async function block(host: Host, how: "drop" | "reject with tcp reset" | undefined): Promise<void> {
  const add = `add table ip f; add chain ip f i { type filter hook input priority 0; }; flush chain ip f i`;
  await host.text(["nft", how === undefined ? "delete table ip f" : `${add}; add rule ip f i tcp dport 5030 ${how}`]);
}

async function failedAddresses({ hv }: Scenario): Promise<unknown[]> {
  return (await hv.log("one_tproxy")).flatMap(({ message, remote }) =>
    String(message).startsWith("An address of a service does not answer") ? [remote] : []
  );
}

Deno.test(
  "guests are served by the second address while the first refuses, and by the first when it answers again",
  inLab(async (lab) => {
    const scenario = await makeFrontEnds(lab);
    const { hv, gate, guest } = scenario;
    await hv.serve("br0");
    await assertServed(guest);
    await block(gate, REFUSES);
    for (let i = 0; i < 5; i++) assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
    assert.deepEqual(await failedAddresses(scenario), [`${GATE}:5030`]);
    const namesIt = async () => (await hv.tproxy("status", "--wide")).stdout.includes(`${GATE}:5030 does not answer`);
    await until("status names it", namesIt);
    // A new outer has to find out by itself.
    await hv.control("restart");
    assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
    await block(gate, undefined);
    await until("the first serves again", async () => await fetchFrom(guest, "/who") === ANSWER);
    await assertServed(guest);
    await until("status does not name it any more", async () => !(await namesIt()));
    assert.ok((await hv.log("one_tproxy")).some(({ message }) => message === "An address of a service answers again"));
  }),
);

Deno.test(
  "one guest waits for an address that does not answer, and the others do not; if none answers, the log names all",
  inLab(async (lab) => {
    const scenario = await makeFrontEnds(lab, `:tproxy_connect_timeout: 4\n${LIST}`);
    const { hv, gate, second, guest } = scenario;
    await block(gate, "drop");
    await hv.serve("br0");
    const start = performance.now();
    for (let i = 0; i < 40; i++) assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
    // Each of them would have waited for two seconds.
    assert.ok(performance.now() - start < 60_000, "guests wait for an address that is known not to answer");
    assert.deepEqual(await failedAddresses(scenario), [`${GATE}:5030`]);
    await block(second, REFUSES);
    const { code } = await guest.run(["curl", "-sS", "--max-time", "60", "http://169.254.16.9:5030/who"]);
    assert.equal(code, 52, "curl did not get an end without an answer");
    const [failure] = (await hv.log("one_tproxy")).filter(({ message }) => message === "Cannot reach the service");
    const { remote, error } = failure ?? {};
    assert.equal(remote, `${GATE}:5030 ${SECOND}:5030`);
    assert.match(String(error), /10\.11\.12\.13:5030: TimedOut: it did not accept within 4 seconds/);
    assert.match(String(error), /10\.11\.12\.14:5030: ConnectionRefused/);
    await block(gate, undefined);
    await assertServed(guest);
  }),
);

Deno.test(
  "apply adds an address: outer gets a successor that may dial it, live streams go on, and everything knows of it",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeFrontEnds(lab, CONFIG + entry(7));
    await startService(gate, 7, "echo");
    await hv.serve("br0");
    const before = await hv.status();
    const client = startClient(guest, { port: 7, count: 1, how: "echo", everyMs: 100 });
    const { answers } = await clientState(client, "the stream is live", ({ answers }) => answers > 0);
    await hv.configure(LIST + entry(7));
    const { stdout, stderr } = await hv.tproxy("apply");
    assert.match(stdout, /^-.* 10\.11\.12\.13:5030\n\+.* 10\.11\.12\.13:5030, 10\.11\.12\.14:5030\n/m, stderr);
    const after = await hv.status();
    assert.notEqual(after.get("one_tproxy"), before.get("one_tproxy"));
    assert.equal(after.get("one_tproxy_br0"), before.get("one_tproxy_br0"));
    await clientState(client, "the stream goes on", (state) => state.open === 1 && state.answers > answers + 5);
    await block(gate, REFUSES);
    assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
    // The map is as the user document shows it, so that OpenNebula's own proxies can read it.
    const map = await hv.host.text(["nft", "list", "map", "ip", "one_tproxy", "ep_br0"]);
    assert.match(map, /elements = \{ 7 : 10\.11\.12\.13 \. 7, 5030 : 10\.11\.12\.13 \. 5030 \}/);
    const rule = await hv.host.text(["nft", "list", "set", "inet", "one_tproxy_egress", "remotes"]);
    assert.match(rule, /10\.11\.12\.13 \. 7,\s+10\.11\.12\.13 \. 5030,\s+10\.11\.12\.14 \. 5030 \}/);
    // The predecessor, which still has the stream, never had the permission.
    assert.match((await hv.tproxy("permissions", "--running")).stdout, /^one_tproxy \(\d+\): ok$/m);
    const { proxies, faults } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
    assert.deepEqual(faults, []);
    const { endpoints } = proxies.find(({ title }: { title: string }) => title === "one_tproxy_br0");
    assert.deepEqual(endpoints[1].backupAddrs, [SECOND]);
    assert.match((await hv.setup("list")).stdout, / 5030 +10\.11\.12\.13:5030, 10\.11\.12\.14:5030$/m);
  }),
);

Deno.test(
  "the addresses outlast the record, a flushed map and a restart; another order reaches outer without a successor",
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeFrontEnds(lab);
    await hv.serve("br0");
    await block(gate, REFUSES);
    await hv.host.text(["rm", "/run/one_tproxy/setup-record.json"]);
    await hv.host.text(["nft", "flush", "map", "ip", "one_tproxy", "ep_br0"]);
    await hv.control("restart");
    assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
    await block(gate, undefined);
    const { code, stdout } = await hv.tproxy("status", "--json");
    assert.equal(code, 0, stdout);
    const before = await hv.status();
    await hv.configure(CONFIG.replace(GATE, `[${SECOND}, ${GATE}]`));
    assert.equal((await hv.tproxy("apply")).code, 0);
    assert.deepEqual(await hv.status(), before);
    assert.equal(await fetchFrom(guest, "/who"), ANSWER_OF_SECOND);
  }),
);

Deno.test(
  "an address of a list that can't be used is a warning, and takes none of the others away",
  inLab(async (lab) => {
    const bad = `[gone.example.invalid, ${THIRD}.1, ${GATE}, ${GATE}]`;
    const { hv, guest } = await makeScenario(lab, CONFIG.replace(GATE, bad));
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /:remote_addr: is gone\.example\.invalid; expected a name that resolves to IPv4/);
    assert.match(stderr, /:remote_addr: is 10\.11\.12\.15\.1; expected an IPv4 address/);
    assert.match(stderr, /:remote_addr: is 10\.11\.12\.13; ignored: it is in the list already/);
    await hv.control("start");
    await assertServed(guest);
  }),
);
