/**
 * Single streams: `tproxy streams` lists them and `tproxy kill` ends them, and nobody but root can ask a proxy.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { StreamList } from "../lib/commands/streams.ts";
import { type Background, until } from "../packaging/command.ts";
import { clientState, type Crowd, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, entry, GATE, inLab } from "./lab/scenario.ts";

const WRITTEN = "/run/one_tproxy/written-by-proxies";
const FOR_ROOT = `${WRITTEN}/control-sockets-for-root`;
const OF_OUTER = `${WRITTEN}/new-sockets-of-outer`;

async function list(hv: Hypervisor, ...options: string[]): Promise<StreamList> {
  const { code, stdout, stderr } = await hv.tproxy("streams", "--json", ...options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** A crowd with an echo service, in which two guests have three streams each, and a guest of another bridge has one. */
async function makeTalk(crowd: Crowd) {
  const { hv, gate, guest, neighbour, stranger } = crowd;
  await startService(gate, 7, "echo");
  const behaviour = { port: 7, count: 3, how: "echo" } as const;
  const clients = [guest, neighbour].map((host) => startClient(host, behaviour));
  clients.push(startClient(stranger, { ...behaviour, count: 1 }));
  for (const client of clients) await clientState(client, "it is served", ({ answers }) => answers > 0);
  const { streams } = await list(hv);
  assert.equal(streams.length, 7);
  return { clients: clients as [Background, Background, Background], streams };
}

Deno.test(
  "streams lists what is open, by bridge, guest and service, with what both halves log of it",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) });
    const { hv } = crowd;
    const { clients, streams } = await makeTalk(crowd);
    const first = streams.find(({ bridge }) => bridge === "br0");
    assert.ok(first !== undefined);
    const { id, guest, guestPort, since, idleMs, up, down, ...rest } = first;
    assert.deepEqual(rest, { bridge: "br0", servicePort: 7, remoteAddr: GATE, remotePort: 7, state: "open" });
    assert.match(guest, /^192\.168\.150\.1[01]$/);
    assert.ok(Math.abs(Date.now() - Date.parse(since)) < 60_000 && idleMs < 60_000 && up > 0 && down > 0);
    const ids = async (...options: string[]) => (await list(hv, ...options)).streams.map(({ id }) => id).toSorted();
    const where = (isMeant: (stream: StreamList["streams"][number]) => boolean) =>
      streams.filter(isMeant).map(({ id }) => id).toSorted();
    assert.deepEqual(await ids("--bridge", "br1"), where(({ bridge }) => bridge === "br1"));
    assert.equal((await ids("--guest", "192.168.150.11")).length, 3);
    assert.deepEqual(await ids("--guest", "192.168.150.11"), where(({ guest }) => guest === "192.168.150.11"));
    assert.deepEqual(await ids("--service", "5030"), []);
    const { stdout } = await hv.tproxy("streams", "--bridge", "br1");
    assert.match(stdout, /^id +bridge +guest .*\n[0-9a-f]{8}-1 +br1 +192\.168\.151\.10:\d+ +7 +10\.11\.12\.13:7 /);
    for (const log of ["one_tproxy", "one_tproxy_br0"]) {
      const line = (await hv.log(log)).find(({ message, stream }) => message === "Opened" && stream === id);
      assert.equal(line?.["guest"], `${guest}:${guestPort}`, log);
    }
    for (const client of clients) client.signal("SIGKILL");
    for (const log of ["one_tproxy", "one_tproxy_br0"]) {
      const line = await until(`${log} has its end`, async () => {
        return (await hv.log(log)).find(({ message, stream }) => message === "Closed" && stream === id);
      });
      assert.ok(
        Number(line["ms"]) > 0 && Number(line["up"]) > 0 && typeof line["why"] === "string",
        JSON.stringify(line),
      );
    }
    await until("none is listed", async () => (await list(hv)).streams.length === 0);
  }),
);

Deno.test(
  "kill ends the streams with the IDs that it was given, or those of a guest, and no others",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) });
    const { hv, guest } = crowd;
    const { clients, streams } = await makeTalk(crowd);
    const open = async () =>
      await Promise.all(clients.map((client) => clientState(client, "", () => true).then(({ open }) => open)));
    const victim = streams.find(({ guest }) => guest === "192.168.150.10")?.id ?? "";
    const one = await hv.tproxy("kill", victim);
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stdout, new RegExp(`\\n${victim} `));
    await until("it has ended", async () => (await open())[0] === 2);
    for (const log of ["one_tproxy", "one_tproxy_br0"]) {
      const line = await until(`${log} has its end`, async () => {
        return (await hv.log(log)).find(({ message, stream }) => message === "Closed" && stream === victim);
      });
      assert.match(
        String(line["why"]),
        log === "one_tproxy" ? /^an operator has killed it$/ : /^the other end is gone$/,
      );
    }
    const gone = await hv.tproxy("kill", victim, "--json");
    assert.deepEqual([gone.code, gone.stderr], [1, ""]);
    assert.deepEqual(JSON.parse(gone.stdout).streams, []);
    assert.match((await hv.tproxy("kill", victim)).stderr, new RegExp(`^${victim}: there is no such stream`));
    assert.equal((await hv.tproxy("kill", "--guest", "192.168.150.11")).code, 0);
    await until("the neighbour's have ended", async () => (await open()).join() === "2,0,1");
    assert.equal((await list(hv)).streams.length, 3);
    const answers = async () => (await clientState(clients[0], "", () => true)).answers;
    const before = await answers();
    await until("the others go on", async () => await answers() > before + 3);
    await assertServed(guest);
    const usage = await hv.tproxy("kill");
    assert.match(usage.stderr, /name either IDs of streams or a guest/);
  }),
);

Deno.test(
  "the streams of an outer that drains are listed and killed, too",
  inLab(async (lab) => {
    const crowd = await makeCrowd(lab, { entries: entry(7) });
    const { hv, guest } = crowd;
    const { clients } = await makeTalk(crowd);
    await hv.control("restart");
    await hv.control("restart");
    const later = startClient(guest, { port: 7, count: 1, how: "echo" });
    await clientState(later, "it is served", ({ answers }) => answers > 0);
    const { streams } = await list(hv);
    assert.equal(streams.length, 8);
    assert.equal(new Set(streams.map(({ id }) => id)).size, 8);
    assert.equal((await hv.tproxy("kill", "--guest", "192.168.150.10")).code, 0);
    for (const client of [clients[0], later]) {
      await clientState(client as never, "its streams have ended", ({ open }) => open === 0);
    }
    assert.equal((await list(hv)).streams.length, 4);
  }),
);

Deno.test(
  "nobody but root can ask outer, and outer can put nothing in the place of a socket that root asks at",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await makeCrowd(lab, { entries: entry(7) });
    const stat = async (path: string) => (await hv.host.text(["stat", "-c", "%A %u %g", path])).trim();
    const [, outer = ""] = (await stat(`${FOR_ROOT}/look.0.socket`)).split(" ");
    assert.equal(await stat(FOR_ROOT), "drwx------ 0 0");
    assert.equal(await stat(OF_OUTER), `drwx------ ${outer} ${outer}`);
    assert.equal(outer, "1916777216");
    const asUser = (uid: string, ...argv: string[]) =>
      hv.host.run(["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--", ...argv]);
    for (const uid of [outer, "65534"]) {
      for (
        const argv of [["ls", FOR_ROOT], ["rm", "-f", `${FOR_ROOT}/look.0.socket`], ["ln", "-s", "/x", `${FOR_ROOT}/x`]]
      ) {
        const { code, stderr } = await asUser(uid, ...argv);
        assert.ok(code !== 0 && stderr.includes("Permission denied"), `${uid} ${argv}`);
      }
    }
    // What an outer that has been taken over may try: a link, a folder and a file in the place of the next sockets.
    const trap = `ln -s /run/victim.socket look.5.socket; mkdir act.5.socket; echo > look.6.socket`;
    assert.equal((await asUser(outer, "sh", "-c", `cd ${OF_OUTER} && { ${trap}; }`)).code, 0);
    await hv.control("reload");
    assert.equal((await hv.host.text(["ls", OF_OUTER])).trim(), "");
    const sockets = (await hv.host.text(["find", FOR_ROOT, "!", "-type", "s"])).trim();
    assert.equal(sockets, FOR_ROOT);
    assert.equal((await list(hv)).streams.length, 0);
  }),
);

/** What a socket of outer's may answer if it has been taken over. */
const LIES: Readonly<Record<string, string>> = {
  "text that moves the cursor": 'printf "\\033[2J\\033]0;owned\\007\\n"',
  "lines without end": "yes '{}'",
  "a line without end": "cat /dev/zero",
  "nothing": "sleep 100",
};

Deno.test(
  "an outer that has been taken over can neither write to root's terminal nor keep root waiting",
  inLab(async (lab) => {
    const { hv } = await makeCrowd(lab, { entries: entry(7) });
    for (const [what, command] of Object.entries(LIES)) {
      const path = `${FOR_ROOT}/look.4.socket`;
      await hv.host.text(["rm", "-f", path]);
      await hv.host.write("/run/liar", command);
      const liar = hv.host.start(["socat", `UNIX-LISTEN:${path},fork`, "EXEC:sh /run/liar"]);
      // The socket is there a moment before anybody listens on it.
      const { stdout, stderr } = await until(`${what}: root notices`, async () => {
        const result = await hv.tproxy("streams");
        return result.code === 1 && result;
      });
      assert.equal(stdout, "", what);
      assert.match(
        stderr,
        /^An outer proxy (?:answers what none ever would|has not answered in time|has ended while it answered)[\x20-\x7e]*\n$/,
        what,
      );
      liar.signal("SIGKILL");
    }
  }),
);
