/**
 * Reloads and restarts under load: a change of one network does nothing to the streams of others. The number of reloads
 * follows `--`: `deno task test tests/reload_test.ts -- 100`.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Background } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { assertServed, GATE, inLab, makeScenario } from "./lab/scenario.ts";

const URL = "http://169.254.16.9:5030";

/** On two busy cores, each takes half a second, and a second if an outer with another permission has to start. */
const RELOADS = Number(Deno.args[0] ?? 100);

/** Runs a command over and over, until the host has the file /run/stop; each failure is a line with "failed". */
function loop(host: Host, command: string): Background {
  return host.start(["sh", "-c", `while [ ! -e /run/stop ]; do ${command} || echo "failed with $?"; done`]);
}

/** Has each guest download known content, and one make requests all the time, during an action; nothing may fail. */
async function underLoad(lab: Lab, guestCount: number, act: (hv: Hypervisor) => Promise<unknown>): Promise<void> {
  const { hv, gate, guest } = await makeScenario(lab);
  await gate.text(["dd", "if=/dev/urandom", "of=/run/nginx-5030/files/known", "bs=1M", "count=4", "status=none"]);
  const sum = (await gate.text(["sha256sum", "/run/nginx-5030/files/known"])).slice(0, 64);
  const guests = [guest];
  for (let i = 1; i < guestCount; i++) {
    guests.push(await lab.guest(`guest${i + 1}`, hv, "br0", `192.168.150.${10 + i}`));
  }
  await hv.serve("br0");
  const get = `curl -sS --fail --max-time 60 --limit-rate 400k ${URL}/files/known`;
  const downloads = guests.map((guest) => loop(guest, `${get} | sha256sum`));
  // Twenty a second meet every moment of a handover, and leave a slow machine enough time for it.
  const requests = loop(guest, `curl -sS --fail --max-time 60 -o /dev/null ${URL}/who && sleep 0.05`);
  await act(hv);
  for (const guest of guests) await guest.text(["touch", "/run/stop"]);
  for (const { output } of await Promise.all([...downloads, requests].map(finished))) {
    assert.doesNotMatch(output, /failed|curl/);
  }
  const sums = downloads.flatMap(({ output }) => output.trim().split("\n"));
  assert.ok(sums.length >= guestCount);
  assert.deepEqual([...new Set(sums)], [`${sum}  -`]);
  await assertServed(guest);
}

/** Services that come and go. Port 81 has an address of its own, so outer needs another permission each time. */
const CHANGES = [
  ["add", "{ 81 : 10.11.12.77 . 80 }"],
  ["add", `{ 82 : ${GATE} . 5030 }`],
  ["delete", "{ 82 }"],
  ["add", `{ 82 : ${GATE} . 5030 }`],
  ["delete", "{ 81 }"],
  ["delete", "{ 82 }"],
] as const;

Deno.test(
  `${RELOADS} reloads cost no guest a byte or a connection`,
  inLab((lab) =>
    underLoad(lab, 20, async (hv) => {
      for (let i = 0; i < RELOADS; i++) {
        const [verb, element] = CHANGES[i % CHANGES.length] as (typeof CHANGES)[number];
        await hv.host.text(["nft", verb, "element", "ip", "one_tproxy", "ep_br0", element]);
        await hv.control("reload");
      }
    })
  ),
);

Deno.test(
  "10 restarts cost no guest a byte or a connection",
  inLab((lab) =>
    underLoad(lab, 5, async (hv) => {
      for (let i = 0; i < 10; i++) await hv.control("restart");
    })
  ),
);

async function finished(background: Background): Promise<Background> {
  await background.ended();
  return background;
}
