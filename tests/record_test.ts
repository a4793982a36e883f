/**
 * A setup record that is gone or damaged is restored as far as possible, and a service whose network is unknown stays.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { RUN_FILES } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { assertServed, inLab, served } from "./lab/scenario.ts";
import { forget, NOTHING, numberless, stateOf } from "./lab/state.ts";

/** Two networks that want the same port, with options and a name. */
const CONFIG = `:tproxy:
- { ":service_port": 80, ":remote_addr": 10.0.0.1, ":remote_port": 80, ":networks": [7], ":max_connections": 9 }
- { ":service_port": 81, ":remote_addr": 10.0.0.1, ":remote_port": 81, ":networks": [7] }
- { ":service_port": 81, ":remote_addr": 10.0.0.2, ":remote_port": 81, ":networks": [12] }
- { ":service_port": 82, ":remote_addr": localhost, ":remote_port": 82, ":networks": [12] }
`;

/** A hypervisor with both networks on br0, and the first one on br1. */
async function recorded(lab: Lab): Promise<Hypervisor> {
  const hv = await lab.hypervisor("hv1", "10.11.12.1");
  await hv.configure(CONFIG);
  for (const bridge of ["br0", "br1"]) await hv.bridge(bridge);
  await hv.up("br0", "vnet0", "7");
  await hv.up("br0", 'it\'s "é" $x; \\ {}', "12");
  await hv.up("br1", "vnet0", "7");
  return hv;
}

function read({ host }: Hypervisor): Promise<string> {
  return host.text(["cat", RUN_FILES.setupRecord]);
}

const BR0 = '80 comment "max_connections=9" : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81, 82 : 127.0.0.1 . 82';

/** Damages of the file, and the warning of each. */
const LOSSES: Readonly<Record<string, [string[], RegExp]>> = {
  "the record is gone": [["rm", RUN_FILES.setupRecord], /The setup record is gone .*recovered=br0 br1/],
  "the whole folder is gone": [["rm", "-r", "/run/one_tproxy"], /The setup record is gone .*recovered=br0 br1/],
  "the record is cut off": [
    ["truncate", "--size=200", RUN_FILES.setupRecord],
    /The setup record is damaged .*bridges=all of it, recovered=br0 br1, keptAs=\/run\/one_tproxy\/setup-record.damaged-1/,
  ],
  "the record is empty": [["truncate", "--size=0", RUN_FILES.setupRecord], /The setup record is damaged/],
  "the record is a folder": [
    ["sh", "-c", `rm ${RUN_FILES.setupRecord}; mkdir ${RUN_FILES.setupRecord}`],
    /The setup record is damaged/,
  ],
  "the record is a FIFO": [
    ["sh", "-c", `rm ${RUN_FILES.setupRecord}; mkfifo ${RUN_FILES.setupRecord}`],
    /The setup record is damaged/,
  ],
  "one bridge of the record is damaged": [
    ["sed", "-i", '0,/"servicePort": 80/s//"servicePort": 0/', RUN_FILES.setupRecord],
    /The setup record is damaged .*bridges=br0, recovered=br0/,
  ],
};

for (const [loss, [command, says]] of Object.entries(LOSSES)) {
  Deno.test(
    `no network loses anything, and each keeps what is its own, when ${loss}`,
    inLab(async (lab) => {
      const hv = await recorded(lab);
      const [record, whole] = [await read(hv), numberless(await stateOf(hv))];
      assert.equal(await hv.elements(), BR0);
      await hv.host.text(command);
      const { stderr } = await hv.up("br1", "vnet0", "7");
      assert.match(stderr, says);
      assert.deepEqual(JSON.parse(await read(hv)), JSON.parse(record));
      assert.deepEqual(numberless(await stateOf(hv)), whole);
      // The second network's service on the port that both want was recorded, too.
      assert.equal((await hv.setup("down", "--bridge", "br0", "--network-id", "7")).code, 0);
      assert.equal(await hv.elements(), "81 : 10.0.0.2 . 81, 82 : 127.0.0.1 . 82");
      for (const bridge of ["br0", "br1"]) await hv.down(bridge);
      assert.deepEqual(await stateOf(hv), NOTHING);
    }),
  );
}

Deno.test(
  "damaged records are kept for whoever wants to look, three at most",
  inLab(async (lab) => {
    const hv = await recorded(lab);
    for (let i = 1; i <= 5; i++) {
      await hv.host.write(RUN_FILES.setupRecord, `damaged ${i}`);
      await hv.up("br0", "vnet0", "7");
    }
    const kept = await hv.host.text(["sh", "-c", `grep -H . ${RUN_FILES.damagedRecord}*`]);
    assert.deepEqual(
      kept.trim().split("\n"),
      [5, 4, 3].map((i, age) => `${RUN_FILES.damagedRecord}-${age + 1}:damaged ${i}`),
    );
    assert.equal(await hv.elements(), BR0);
  }),
);

Deno.test(
  "a service whose network is unknown stays, and belongs to a network as soon as that has the port",
  inLab(async (lab) => {
    const hv = await recorded(lab);
    // As a version without copies has left it; and as the network driver makes it.
    await forget(hv.host);
    const { stderr } = await hv.up("br0", "other", "12");
    assert.match(
      stderr,
      /warning: Keeping services whose network is not known; to be rid of them, .*bridge=br0, ports=80\)/,
    );
    assert.equal(
      await hv.elements(),
      '80 comment "max_connections=9" : 10.0.0.1 . 80, 81 : 10.0.0.2 . 81, 82 : 127.0.0.1 . 82',
    );
    assert.equal((await hv.setup("down", "--bridge", "br0", "--network-id", "12")).code, 0);
    assert.equal(await hv.elements(), '80 comment "max_connections=9" : 10.0.0.1 . 80');
    assert.doesNotMatch((await hv.up("br0", "vnet0", "7")).stderr, /nobody knows/);
    assert.equal((await hv.setup("down", "--bridge", "br0", "--network-id", "7")).code, 0);
    await hv.down("br1");
    assert.deepEqual(await stateOf(hv), NOTHING);
  }),
);

Deno.test(
  "removing one network removes nothing from an unrecorded bridge; removing all does",
  inLab(async (lab) => {
    const hv = await recorded(lab);
    await forget(hv.host);
    assert.equal((await hv.setup("down", "--bridge", "br0", "--network-id", "7")).code, 0);
    assert.equal(await hv.elements(), BR0);
    for (const bridge of ["br0", "br1"]) await hv.down(bridge);
    assert.deepEqual(await stateOf(hv), NOTHING);
  }),
);

Deno.test(
  "start makes a lost record again, so that a flush afterwards loses nothing either",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const [record, pids] = [await read(hv), await hv.status()];
    for (const command of [["rm"], ["truncate", "--size=9"]]) {
      await hv.host.text([...command, RUN_FILES.setupRecord]);
      assert.match((await hv.control("start")).stderr, /The setup record is/);
      assert.equal(await read(hv), record);
      await hv.host.text(["nft", "flush", "ruleset"]);
      await hv.control("start");
      assert.deepEqual(await hv.status(), pids);
      await assertServed(guest);
    }
    hv.startWatch();
    await hv.host.text(["rm", RUN_FILES.setupRecord]);
    await until("the watch makes it again", async () => {
      return (await hv.host.run(["cat", RUN_FILES.setupRecord])).stdout === record;
    }, 30);
  }),
);

Deno.test(
  "a copy that an older version has left without its map brings nothing back",
  inLab(async (lab) => {
    const hv = await recorded(lab);
    await hv.host.text(["rm", RUN_FILES.setupRecord]);
    await hv.host.text(["nft", "delete", "map", "ip", "one_tproxy", "ep_br0"]);
    const { stderr } = await hv.up("br1", "vnet0", "7");
    assert.match(stderr, /The setup record is gone .*recovered=br1\)/);
    assert.doesNotMatch(await read(hv), /br0/);
  }),
);

Deno.test(
  "a copy that an older version has left where the network driver has made a bridge since brings nothing back",
  inLab(async (lab) => {
    const hv = await recorded(lab);
    await hv.host.text(["rm", RUN_FILES.setupRecord]);
    for (const verb of ["flush", "delete"]) {
      for (const chain of ["port", "sender", "guard"]) {
        await hv.host.text(["nft", verb, "chain", "bridge", "one_tproxy", `${chain}_br0`]);
      }
    }
    await hv.host.text(["nft", "flush", "map", "ip", "one_tproxy", "ep_br0"]);
    await hv.host.text(["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 90 : 10.0.0.9 . 90 }"]);
    const { stderr } = await hv.control("start");
    assert.match(stderr, /The setup record is gone .*recovered=br1\)/);
    assert.doesNotMatch(await read(hv), /br0/);
    assert.equal(await hv.elements(), "90 : 10.0.0.9 . 90");
  }),
);

Deno.test(
  "whatever a network is called and however many services it has, its record comes back",
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.bridge("br0");
    // A command line can't contain NUL or half a character.
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 128 }).filter((name) => !name.includes("\0"));
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(name, ports, async (name, ports) => {
        const entries = ports.map((port) =>
          `- {":service_port": ${port}, ":remote_addr": 10.0.0.1, ":remote_port": ${port}, ":idle_timeout": 60}\n`
        );
        await hv.configure(`:tproxy:\n${entries.join("")}`);
        const up = ["up", "--bridge", "br0", `--network=${name}`];
        assert.equal((await hv.setup(...up)).code, 0);
        const record = await read(hv);
        await hv.host.text(["rm", RUN_FILES.setupRecord]);
        const { code, stderr } = await hv.setup("down", "--bridge", "br0", "--network-id", "1");
        assert.equal(code, 0, stderr);
        assert.equal(await read(hv), record);
        await hv.down("br0");
      }),
      { numRuns: 10 },
    );
  }),
);
