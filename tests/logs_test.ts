/**
 * `tproxy logs`: the lines of both halves in the order of time, rotated and hostile logs included.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { assertServed, CONFIG, inLab, served } from "./lab/scenario.ts";

async function read(hv: Hypervisor, ...options: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await hv.tproxy("logs", "--json", ...options);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

Deno.test(
  "logs shows what both halves say of a stream in the order of time, across a rotation",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await assertServed(guest);
    const closed = await until("the stream has ended", async () => {
      const lines = (await read(hv, "--guest", "192.168.150.10")).filter(({ message }) => message === "Closed");
      return lines.length === 2 && lines[0];
    });
    const rotate = 'for f in /var/log/one_tproxy*.log; do mv "$f" "$f.1"; done';
    await hv.host.text(["sh", "-c", rotate]);
    await hv.control("reload");
    await hv.host.text(["sh", "-c", "cd /var/log; mv one_tproxy_br0.log.1 x; gzip x; mv x.gz one_tproxy_br0.log.2.gz"]);
    await assertServed(guest);
    const all = await until("the second has ended, too", async () => {
      const lines = await read(hv);
      return lines.filter(({ message }) => message === "Closed").length === 4 && lines;
    });
    const times = all.map(({ time }) => String(time));
    assert.deepEqual(times, times.toSorted());
    const id = String(closed["stream"]);
    const own = await read(hv, "--stream", id, "--port", "5030", "--bridge", "br0");
    assert.deepEqual(own.map(({ message }) => message).toSorted(), ["Closed", "Closed", "Opened", "Opened"]);
    assert.ok(own.every(({ stream }) => stream === id));
    const { stdout } = await hv.tproxy("logs", "--stream", id);
    assert.match(
      stdout,
      new RegExp(`^2\\S+Z  debug    br0    Opened  stream=${id}  guest=192\\.168\\.150\\.10:\\d+  port=5030$`, "m"),
    );
    assert.match(stdout, /^2\S+Z {2}debug {4}outer {2}Closed .* remote=10\.11\.12\.13:5030 .*why=/m);
    assert.deepEqual(await read(hv, "--since", "0s"), []);
    assert.equal((await read(hv, "--since", "1h")).length, all.length);
  }),
);

Deno.test(
  "logs --follow shows what is written later, also after a rotation",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    const follower = hv.host.start(hv.tproxyArgv("logs", "--follow", "--guest", "192.168.150.10"), { inside: true });
    const isShown = (count: number) => async () => {
      await assertServed(guest);
      return follower.output.split("  Closed  ").length > count;
    };
    await until("streams are shown", isShown(2));
    await hv.host.text(["sh", "-c", 'for f in /var/log/one_tproxy*.log; do mv "$f" "$f.1"; done']);
    await hv.control("reload");
    const before = follower.output.split("  Closed  ").length;
    await until("streams are shown that are in the new files", isShown(before + 4));
    for (const line of follower.output.trim().split("\n")) assert.match(line, /guest=192\.168\.150\.10:/);
  }),
);

Deno.test(
  "logs follows no link, waits for no FIFO, and prints nothing of a hostile log that could move a cursor",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await assertServed(guest);
    // So that the proxy writes nothing in the middle of what follows.
    await until("the stream has ended", async () => {
      return (await hv.log("one_tproxy_br0")).some(({ message }) => message === "Closed");
    });
    const time = new Date().toISOString();
    const hostile = [
      "\u001b[2J\u001b]0;owned\u0007",
      JSON.stringify({ time, level: "info\u001b[31m", message: "a\u009b2J\nb\u202e" }),
      `{"time":"${time}","level":"info","message":"c\u009b2J"}`,
      "x".repeat(300_000),
      "Segmentation fault",
    ];
    await hv.host.text(["sh", "-c", "cat >> /var/log/one_tproxy_br0.log"], `${hostile.join("\n")}\n`);
    await hv.host.write("/run/secret", `{"time":"${time}","level":"info","message":"secret"}\n`);
    const traps = [
      ["ln", "-s", "/run/secret", "/var/log/one_tproxy_br1.log"],
      ["mkfifo", "/var/log/one_tproxy_br2.log"],
      ["mkdir", "/var/log/one_tproxy_br3.log"],
      ["ln", "/run/secret", "/run/secret2"],
      ["sh", "-c", `printf garbage > /var/log/one_tproxy_br0.log.2.gz`],
    ];
    for (const trap of traps) await hv.host.text(trap);
    for (const options of [[], ["--json"]]) {
      const { code, stdout, stderr } = await hv.tproxy("logs", ...options);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(`${stdout}${stderr}`, /[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      assert.ok(stdout.includes("Opened") && !stdout.includes("secret"));
      assert.match(stderr, /^\/var\/log\/one_tproxy_br0\.log: 3 lines are none that a proxy writes, and not shown$/m);
    }
    await hv.host.text(["sh", "-c", `"$@" | head -n 1`, "sh", ...hv.tproxyArgv("logs")]);
  }),
);

Deno.test(
  "trace logs the streams of one guest in both halves whatever the debug level is, and stops by itself",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG.replace("level: 3", "level: 1"));
    const other = await lab.guest("guest2", hv, "br0", "192.168.150.11");
    const LOGS = ["one_tproxy", "one_tproxy_br0"];
    const debugLines = async (log: string) => (await hv.log(log)).filter(({ level }) => level === "debug");
    const count = async () => (await Promise.all(LOGS.map(debugLines))).map(({ length }) => length);
    await assertServed(guest);
    assert.deepEqual(await count(), [0, 0]);
    const argv = hv.tproxyArgv("trace", "--guest", "192.168.150.10", "--seconds", "12");
    const trace = hv.host.start(argv, { inside: true });
    const isShown = (half: string, times: number) => async () => {
      for (const one of [guest, other]) await assertServed(one);
      return trace.output.split(new RegExp(` {2}${half} +Closed {2}`)).length > times;
    };
    for (const half of ["outer", "br0"]) await until(`${half} shows a stream`, isShown(half, 1));
    const [, inner] = await hv.pids();
    await hv.host.text(["kill", "-KILL", String(inner)]);
    await hv.control("start");
    const before = trace.output.split(/ {2}br0 +Closed {2}/).length;
    await until("a new inner shows one, which outer has told of the guest", isShown("br0", before));
    assert.equal(await trace.ended(), 0);
    assert.match(trace.output, /outer {2}Connecting .*\n(?:.*\n)*.*outer {2}Opened /);
    const [, id] = / {2}br0 +Opened {2}stream=(\S+) /.exec(trace.output) ?? [];
    assert.match(trace.output, new RegExp(` {2}outer {2}Opened {2}stream=${id} `));
    assert.ok(!trace.output.includes("192.168.150.11"), trace.output);
    await until("the time is over in both", async () => {
      const before = await count();
      await assertServed(guest);
      return `${await count()}` === `${before}`;
    });
    for (const log of LOGS) {
      const lines = await debugLines(log);
      assert.ok(lines.length > 0 && lines.every(({ guest }) => String(guest).startsWith("192.168.150.10:")), log);
    }
  }),
);
