/**
 * How much of the host a proxy may take, even a compromised one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { outerPermissions } from "../../lib/permissions/daemon_permissions.ts";
import { toFlags } from "../../lib/permissions/permissions.ts";
import { numberOf } from "../../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../../lib/role.ts";
import { checkout } from "../../lib/permissions/checkout.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { limit } from "../faults/measure.ts";
import { asInner } from "../lab/broken_out.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { inPlaceOfDaemon, outcomesOf } from "../lab/probe.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, makeScenario, served } from "../lab/scenario.ts";

/** No other test uses this bridge, so its user's tasks are missed in no other lab on this machine. */
const BOMB = parseBridgeName("bomb0");
const MIB = 1024 * 1024;

/** A limit of a daemon, soft and hard. */
async function limitOf(hv: Hypervisor, pid: number | undefined, what: string): Promise<[number, number]> {
  const limits = await hv.host.text(["cat", `/proc/${pid}/limits`]);
  const [, soft, hard] = new RegExp(`^Max ${what} +(\\S+) +(\\S+)`, "m").exec(limits) ?? [];
  return [Number(soft), Number(hard)];
}

Deno.test(
  "each proxy has bounds that it can't raise: memory for what it may have to carry, tasks, the length of a file",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const memoryOfOuter = async () => {
      const pid = (await hv.status()).get("one_tproxy");
      const [[data], [space]] = [await limitOf(hv, pid, "data size"), await limitOf(hv, pid, "address space")];
      return { data, space };
    };
    for (const [title, pid] of await hv.status()) {
      for (const what of ["data size", "address space", "file size", ...(ROOTLESS ? [] : ["processes"])]) {
        const [soft, hard] = await limitOf(hv, pid, what);
        assert.ok(soft > 0 && soft === hard, `${title}: ${what} ${soft}, ${hard}`);
      }
      assert.equal((await limitOf(hv, pid, "file size"))[0], 1024 * MIB);
      if (!ROOTLESS) assert.equal((await limitOf(hv, pid, "processes"))[0], 512);
    }
    const before = await memoryOfOuter();
    assert.ok(before.data < 4096 * MIB, `${before.data}`);
    // More streams need more memory.
    await hv.configure(`:tproxy_max_connections: 100000\n${CONFIG}`);
    await hv.control("restart");
    const after = await memoryOfOuter();
    assert.ok(after.data > before.data + 10_000 * MIB && after.space > before.space + 10_000 * MIB);
    await assertServed(guest);
  }),
);

Deno.test(
  "a proxy that multiplies itself takes 512 tasks and no more, and neither the others nor root miss any",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "bomb0"]);
    const other = await lab.guest("guest2", hv, "bomb0", "192.168.151.10");
    const bomb = 'for(;;){my $p=fork; if(!defined $p){print "full\\n"; $|=1; sleep 1} elsif(!$p){sleep 1000}}';
    const [soft] = await limitOf(hv, (await hv.status()).get("one_tproxy_bomb0"), "processes");
    const background = hv.host.start(["prlimit", `--nproc=${soft}:${soft}`, ...asInner(BOMB, "perl", "-e", bomb)]);
    await until("there are no more", async () => {
      const users = (await hv.host.text(["ps", "-eLo", "uid="])).trim().split(/\s+/).map(Number);
      return users.filter((uid) => uid === numberOf(innerOf(BOMB))).length >= soft - 1;
    });
    const pid = (await hv.status()).get("one_tproxy_br0");
    await hv.host.text(["kill", "-s", "KILL", `${pid}`]);
    await hv.control("start");
    for (const guests of [guest, other]) await assertServed(guests);
    background.signal("SIGKILL");
  }),
);

Deno.test(
  "a daemon gets no more memory than its bound, however it asks",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    const bound = 1500 * MIB;
    const probe = inPlaceOfDaemon(hv, {
      role: OUTER,
      flags: toFlags(outerPermissions(new Map())),
      owner: ROOTLESS ? { name: "root", uid: 0, gid: 0 } : undefined,
      resources: [`--data=${bound}:${bound}`],
      groups: [],
      host: 1,
      form: checkout(),
    });
    const [outcome] = (await outcomesOf(probe, [["grow", 64 * MIB, 100]])).values();
    assert.match(outcome ?? "", /^RangeError: Array buffer allocation failed/);
  }),
);

Deno.test(
  "a log that is too long takes no more lines, which costs no stream, and says so once it is rotated",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const pids = await hv.status();
    const log = "/var/log/one_tproxy_br0.log";
    const size = async () => Number(await hv.host.text(["stat", "-c", "%s", log]));
    const most = await size() + 1000;
    await limit(hv, pids.get("one_tproxy_br0") ?? 0, `--fsize=${most}:${most}`);
    for (let i = 0; i < 20; i++) await assertServed(guest);
    assert.ok(await size() <= most);
    assert.deepEqual(await hv.status(), pids);
    await hv.host.text(["mv", log, `${log}.1`]);
    await hv.control("reload");
    const first = await until("there is a line", async () => (await hv.log("one_tproxy_br0")).at(0));
    assert.match(
      JSON.stringify(first),
      /"level":"warning","message":"Lost lines that could not be written","lines":\d+/,
    );
  }),
);
