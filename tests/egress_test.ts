/**
 * What the kernel lets the proxies send if Deno's sandbox fails: programs without a sandbox run in place of the
 * proxies. Every attempt succeeds without our rules.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { parseBridgeName } from "../lib/names.ts";
import { until } from "../packaging/command.ts";
import type { Host } from "./lab/host.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { assertServed, CONFIG, GATE, inLab, makeScenario, served } from "./lab/scenario.ts";
import { rulesOf } from "./lab/state.ts";

const TABLE = "one_tproxy_egress";
const LOOPBACK = `- { ":service_port": 8080, ":remote_addr": 127.0.0.1, ":remote_port": 8080 }\n`;
const BR0 = parseBridgeName("br0");

/** A listener's answer to anything that is sent. */
const ANSWER = "SYSTEM:read line; echo answered";

/** A copy of ping(8) without its file capability: a process without capabilities could not run the original. */
const PING = "/run/ping";

/** Users of outer: its own, one that the configuration names, and `nobody`, as in a former version. */
const OUTERS = [
  [numberOf(OUTER), numberOf(OUTER)],
  [numberOf(OUTER), 65534],
  [65534, numberOf(OUTER)],
] as const;

/** The command line of a program that runs like a proxy, but without the sandbox. */
function as(uid: number, gid: number, ...argv: string[]): string[] {
  const rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--clear-groups"];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, ...rights, ...argv];
}

/** A try to reach something. */
function reach(address: string): string[] {
  return ["socat", "-T", "5", "-t", "5", "-", address];
}

/** Starts listeners, and waits until they listen. */
async function listen(host: Host, ...addresses: string[]): Promise<void> {
  for (const address of addresses) host.start(["socat", address, ANSWER]);
  const ports = addresses.map((address) => /:(\d+),/.exec(address)?.[1]);
  await until("they listen", async () => {
    const listening = await host.text(["ss", "-Htunl"]);
    return ports.every((port) => listening.includes(`:${port} `));
  });
}

/** Whether each of some attempts was answered. */
async function answered(host: Host, argvs: readonly string[][]): Promise<boolean[]> {
  return await Promise.all(
    argvs.map(async (argv) => /answered|, 0% packet loss/.test((await host.run(argv, "hello\n")).stdout)),
  );
}

/** The elements of a set of our tables. */
async function elements(hv: Hypervisor, family: string, set: string): Promise<string> {
  const { stdout } = await hv.host.run(["nft", "list", "set", family, TABLE, set]);
  return /elements = \{([^}]*)\}/.exec(stdout)?.[1]?.split(",").map((element) => element.trim()).toSorted().join(
    ", ",
  ) ?? "";
}

/** Our tables. */
async function tables({ host }: Hypervisor): Promise<string> {
  return (await rulesOf(host)).split(/^(?=table )/m).filter((table) => table.includes(TABLE)).join("");
}

Deno.test(
  "outer without any sandbox reaches the listed services, and nothing else by any protocol",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, gate, guest } = await makeScenario(lab, CONFIG + LOOPBACK);
    await hv.host.ip("address add fd00::1/64 dev eth0 nodad");
    await gate.ip("address add fd00::13/64 dev eth0 nodad");
    await hv.host.text(["cp", "/usr/bin/ping", PING]);
    await hv.host.text(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"]);
    const listeners = (
      port: number,
    ) => [`TCP4-LISTEN:${port},fork,reuseaddr`, `TCP6-LISTEN:${port},fork,reuseaddr,ipv6only`];
    await listen(gate, ...listeners(81), "UDP4-RECVFROM:82,fork", "UDP6-RECVFROM:82,fork,ipv6only");
    await listen(hv.host, ...listeners(8080), ...listeners(8082));
    await hv.serve("br0");
    const others = [
      reach(`TCP4:${GATE}:81,connect-timeout=5`),
      reach("TCP6:[fd00::13]:81,connect-timeout=5"),
      reach("TCP4:127.0.0.1:8082,connect-timeout=5"),
      reach("TCP6:[::1]:8080,connect-timeout=5"),
      reach(`UDP4:${GATE}:82`),
      reach("UDP6:[fd00::13]:82"),
      [PING, "-c", "1", "-W", "5", GATE],
    ];
    // Multipath TCP: 10.11.12.13, port 81.
    const mptcp = reach("SOCKET-CONNECT:2:262:x00510a0b0c0dx0000000000000000");
    if ((await hv.host.run(["sysctl", "net.mptcp.enabled"])).code === 0) others.push(mptcp);
    const listed = [
      ["curl", "-sS", "--max-time", "10", "-w", "answered", `http://${GATE}:5030/who`],
      reach("TCP4:127.0.0.1:8080,connect-timeout=5"),
    ];
    const attempt = (uid: number, gid: number, argvs: string[][]) =>
      answered(hv.host, argvs.map((argv) => as(uid, gid, ...argv)));
    for (const [uid, gid] of OUTERS) {
      assert.deepEqual(await attempt(uid, gid, listed), listed.map(() => true), `${uid}:${gid}`);
      assert.deepEqual(await attempt(uid, gid, others), others.map(() => false), `${uid}:${gid}`);
    }
    // The rules restrict nobody else, and without them outer is not restricted, either.
    assert.deepEqual(await attempt(65534, 65534, others), others.map(() => true));
    await assertServed(guest);
    await hv.host.text(["nft", "delete", "table", "inet", TABLE]);
    assert.deepEqual(await attempt(...OUTERS[0], others), others.map(() => true));
  }),
);

Deno.test(
  "nobody gets a connection from outer by calling it, and a refused outer hears of it at once",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, gate } = await served(lab);
    hv.host.start(as(...OUTERS[0], "socat", "TCP4-LISTEN:7777,fork,reuseaddr", ANSWER));
    await until("it listens", async () => (await hv.host.text(["ss", "-Htnl"])).includes(":7777 "));
    const call = reach("TCP4:10.11.12.1:7777,connect-timeout=2");
    assert.deepEqual(await answered(gate, [call]), [false]);
    const refused = await hv.host.run(as(...OUTERS[0], ...reach(`TCP4:${GATE}:81`)));
    assert.match(refused.stderr, /Connection refused/);
    await hv.host.text(["nft", "delete", "table", "inet", TABLE]);
    assert.deepEqual(await answered(gate, [call]), [true]);
  }),
);

Deno.test(
  "inner without any sandbox answers its guests and opens nothing",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await listen(guest, "TCP4-LISTEN:81,fork,reuseaddr", "UDP4-RECVFROM:82,fork");
    await hv.serve("br0");
    const inside = (...argv: string[]) => ["ip", "netns", "exec", "one_tproxy_br0", ...argv];
    await hv.host.text(["cp", "/usr/bin/ping", PING]);
    await hv.host.text(inside("sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"));
    const attempts = [
      reach("TCP4:192.168.150.10:81,connect-timeout=3"),
      reach("UDP4:192.168.150.10:82"),
      [PING, "-c", "1", "-W", "3", "192.168.150.10"],
    ].flatMap((argv) => [inside(...as(numberOf(innerOf(BR0)), numberOf(innerOf(BR0)), ...argv)), inside(...argv)]);
    assert.deepEqual(await answered(hv.host, attempts), attempts.map(() => false));
    const served = async () => {
      await assertServed(guest);
      for (const size of ["56", "4000"]) await guest.text(["ping", "-c", "1", "-W", "5", "-s", size, "169.254.16.9"]);
      assert.equal((await guest.run(["curl", "-s", "--max-time", "10", "http://169.254.16.9:1/"])).code, 7);
    };
    await served();
    await hv.host.text(["nft", "delete", "table", "bridge", TABLE]);
    await served();
    assert.deepEqual(await answered(hv.host, attempts), attempts.map(() => true));
  }),
);

Deno.test(
  "the rules follow the maps, whoever made them, and go with the last proxy",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab, CONFIG + LOOPBACK);
    await hv.bridge("br1");
    for (const bridge of ["br0", "br1"]) await hv.up(bridge);
    assert.equal(await tables(hv), "");
    await hv.control("start");
    const remotes = () => elements(hv, "inet", "remotes");
    const ends = () => elements(hv, "bridge", "inner_ends");
    assert.equal(await remotes(), `${GATE} . 5030, 127.0.0.1 . 8080`);
    assert.equal(await ends(), '"br0b", "br1b"');
    // Another program's elements, as the network driver writes and removes them.
    const other = (verb: string, bridge: string) => {
      const element = verb === "add" ? "{ 99 : 10.11.12.99 . 99 }" : "{ 99 }";
      return hv.host.text(["nft", verb, "element", "ip", "one_tproxy", `ep_${bridge}`, element]);
    };
    await other("add", "br0");
    await other("add", "br1");
    await hv.control("reload");
    assert.equal(await remotes(), `${GATE} . 5030, 10.11.12.99 . 99, 127.0.0.1 . 8080`);
    // What another bridge still has stays.
    await other("delete", "br1");
    await hv.control("start");
    assert.equal(await remotes(), `${GATE} . 5030, 10.11.12.99 . 99, 127.0.0.1 . 8080`);
    await other("delete", "br0");
    await hv.control("start");
    assert.equal(await remotes(), `${GATE} . 5030, 127.0.0.1 . 8080`);
    await hv.down("br1");
    await hv.control("start");
    assert.equal(await ends(), '"br0b"');
    const before = await tables(hv);
    for (const verb of ["start", "reload", "restart"]) await hv.control(verb);
    assert.equal(await tables(hv), before);
    await hv.control("stop");
    assert.equal(await tables(hv), "");
    await hv.control("start");
    assert.equal(await tables(hv), before);
    await hv.down("br0");
    await until("the rules have gone with the proxies", async () => {
      await hv.control("start");
      return await tables(hv) === "";
    });
  }),
);

/** Commands of nft that damage the rules. */
const LOSSES: Readonly<Record<string, string>> = {
  "all rules are flushed": "flush ruleset",
  "outer's table is deleted": `delete table inet ${TABLE}`,
  "the inners' table is deleted": `delete table bridge ${TABLE}`,
  "a chain is emptied": `flush chain inet ${TABLE} outer`,
  "a set is emptied": `flush set bridge ${TABLE} inner_ends`,
  "a service is added": `add element inet ${TABLE} remotes { 192.0.2.1 . 22 }`,
  "a rule is put first": `insert rule inet ${TABLE} outer accept`,
  "the rules match others, with the same comments": ["skuid", "skgid"].reduce(
    (script, key) =>
      `${script}; add rule inet ${TABLE} output meta ${key} 1 jump outer ` +
      `comment "${key} ${numberOf(OUTER)} is the outer proxy"`,
    `flush chain inet ${TABLE} output`,
  ),
};

Deno.test(
  "a watch puts the rules back; without one, status names what is wrong and a reload mends it",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab);
    await hv.up("br0");
    const watch = hv.startWatch();
    const whole = await until("the rules are there", async () => {
      const text = await tables(hv);
      return text !== "" && /^one_tproxy: /.test((await hv.tproxy("status")).stdout) && text;
    });
    for (const [loss, command] of Object.entries(LOSSES)) {
      await hv.host.text(["nft", command]);
      await until(`all is as it was after ${loss}`, async () => await tables(hv) === whole);
    }
    assert.doesNotMatch(watch.output, /Cannot/);
    await hv.host.text(["pkill", "-TERM", "-f", "cmd/watch.ts watch"]);
    assert.equal(await watch.ended(), 0, watch.output);
    for (const [loss, command] of Object.entries(LOSSES).filter(([, command]) => command !== "flush ruleset")) {
      await hv.host.text(["nft", command]);
      const { code, stderr } = await hv.tproxy("status");
      assert.equal(code, 4, loss);
      assert.match(stderr, /^one_tproxy: the rules in nft .*one_tproxy_egress.*; run "tproxy reload"/m, loss);
      await hv.control("reload");
      assert.deepEqual(await hv.tproxy("status").then(({ code, stderr }) => ({ code, stderr })), {
        code: 0,
        stderr: "",
      });
      assert.equal(await tables(hv), whole, loss);
    }
  }),
);

Deno.test(
  "nothing is written where the rules are as they should be, which would wake a watch again and again",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const monitor = hv.host.start(["nft", "monitor"]);
    const event = (name: string) =>
      until(`${name} is heard of`, async () => {
        await hv.host.text(["nft", `add table ip ${name}; delete table ip ${name}`]);
        return monitor.output.includes(name);
      });
    await event("before");
    for (const verb of ["start", "reload"]) await hv.control(verb);
    await event("after");
    assert.doesNotMatch(monitor.output, new RegExp(TABLE));
    await hv.control("stop");
    await event("later");
    assert.match(monitor.output, new RegExp(TABLE));
  }),
);

Deno.test(
  "a kernel that can't have the rules serves all the same, and the warning names what it lacks",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    const lacking = `#!/bin/sh
for word; do [ "$word" = -f ] && script=$(cat); done
case "$script" in *skuid*) echo "Error: Could not process rule: Operation not supported" >&2; exit 1;; esac
[ -z "$script" ] && exec /run/nft "$@"
echo "$script" | exec /run/nft "$@"
`;
    await hv.host.write("/run/lacking", lacking);
    await hv.host.text([
      "sh",
      "-c",
      "cp /usr/sbin/nft /run/nft; chmod +x /run/lacking; mount --bind /run/lacking /usr/sbin/nft",
    ]);
    await hv.up("br0");
    const { stderr } = await hv.control("start");
    assert.match(stderr, /The kernel does not hold the proxies to their services.*Operation not supported/);
    await assertServed(guest);
    assert.equal(await tables(hv), "");
  }),
);
