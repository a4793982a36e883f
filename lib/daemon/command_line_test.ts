import assert from "node:assert/strict";
import { VERSION } from "../version.ts";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { groupOf } from "./owner.ts";
import { daemonFlags } from "../permissions/daemon_flags.ts";
import { compiled } from "../permissions/compiled.ts";
import { runByDeno } from "../permissions/run_by_deno.ts";
import { commandLine, type DaemonStart, environmentOf } from "./command_line.ts";

const START: DaemonStart = {
  role: OUTER,
  flags: ["--no-prompt", "--allow-net=10.0.0.1:80"],
  owner: { name: "oneproxy", uid: 9869, gid: 9870 },
  resources: ["--fsize=7:7"],
  groups: [],
  host: 4026531840,
  form: runByDeno("/usr/bin/deno", "/x"),
};

const NETNS_EXEC = ["/usr/sbin/ip", "netns", "exec", "one_tproxy_br0"];
const SETPRIV = [
  ...["/usr/bin/prlimit", "--fsize=7:7"],
  // The signals are ignored before the process changes its user. A signal that comes in between would end it.
  ...["/usr/bin/env", "--ignore-signal=HUP,XFSZ", "--block-signal=USR1"],
  "/usr/bin/setpriv",
];
const BR0 = parseBridgeName("br0");
const OWNER = START.owner;
/** The group of each bridge by groupOf(), which has tests of its own. */
const user = (role: Role, others: string) => [
  "--reuid=9869",
  `--regid=${groupOf(OWNER, role)}`,
  others,
];
const NO_RIGHTS = [
  "--no-new-privs",
  "--bounding-set=-all",
  "--inh-caps=-all",
];
const RUN = [
  "/proc/self/fd/3",
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--v8-flags=--min-semi-space-size=2,--max-semi-space-size=4,--expose-gc",
];
const FLAGS = ["--ext=js", "--no-prompt", "--allow-net=10.0.0.1:80", "-"];

Deno.test("environmentOf() has room for an outer that serves 1,000 bridges with 50 different remotes", () => {
  const endpoints = Array.from({ length: 50 }, (_, i) => ({
    servicePort: 10_000 + i,
    remoteAddr: `100.100.100.${100 + i}`,
    remotePort: 60_000 + i,
  }));
  const bridges = new Map(Array.from({ length: 1000 }, (_, i) => {
    return [parseBridgeName(`onebr${i}`.padEnd(15, "x")), { endpoints: endpoints.slice(i % 50, i % 50 + 1) }];
  }));
  const flags = daemonFlags(OUTER, bridges, START.form);
  assert.ok(flags.join().includes("100.100.100.149:60049"));
  const [longest = 0] = Object.values(environmentOf({ ...START, flags })).map(({ length }) => length).toSorted((a, b) =>
    b - a
  );
  assert.ok(longest < 8 * 1024, `${longest} bytes`);
});

Deno.test("commandLine() starts outer where it is, as its user and without rights", () => {
  assert.deepEqual(
    commandLine({ ...START, groups: [7, 8] }),
    [...SETPRIV, ...user(OUTER, "--groups=7,8"), ...NO_RIGHTS, ...RUN, ...FLAGS],
  );
  assert.deepEqual(commandLine(START).slice(SETPRIV.length, SETPRIV.length + 3), user(OUTER, "--clear-groups"));
});

Deno.test("commandLine() starts inner inside its namespace, with its bridge for an argument", () => {
  assert.deepEqual(
    commandLine({ ...START, role: innerOf(BR0) }),
    [
      ...NETNS_EXEC,
      ...SETPRIV,
      ...user(innerOf(BR0), "--clear-groups"),
      ...NO_RIGHTS,
      ...RUN,
      "--unstable-net",
      ...FLAGS,
      "br0",
    ],
  );
});

Deno.test("commandLine() tells an inner that takes ports over from another user's", () => {
  const onWaiting = () => Promise.resolve();
  assert.deepEqual(commandLine({ ...START, role: innerOf(BR0), onWaiting }).slice(-2), ["br0", "--take-over"]);
});

Deno.test("commandLine() takes the capabilities away even if the owner is root", () => {
  assert.deepEqual(
    commandLine({ ...START, owner: { name: "root", uid: 0, gid: 0 } }),
    [...SETPRIV, ...NO_RIGHTS, ...RUN, ...FLAGS],
  );
});

Deno.test("commandLine() puts no permission behind the program, where it would be an argument", () => {
  for (const role of [OUTER, innerOf(BR0)]) {
    const line = commandLine({ ...START, role });
    const program = line.indexOf("-");
    assert.deepEqual(line.slice(program + 1), role === OUTER ? [] : [BR0]);
    for (const flag of START.flags) assert.ok(line.indexOf(flag) > line.indexOf("run") && line.indexOf(flag) < program);
  }
});

const COMPILED = compiled("/opt/x/tproxy");

Deno.test("commandLine() starts a compiled daemon by its path, and gives it no flags, which would be arguments", () => {
  const start = { ...START, form: COMPILED };
  assert.deepEqual(
    commandLine(start),
    [...SETPRIV, ...user(OUTER, "--clear-groups"), ...NO_RIGHTS, "/opt/x/tproxy-outer"],
  );
  assert.deepEqual(
    commandLine({ ...start, role: innerOf(BR0) }),
    [...NETNS_EXEC, ...SETPRIV, ...user(innerOf(BR0), "--clear-groups"), ...NO_RIGHTS, "/opt/x/tproxy-inner", "br0"],
  );
});

Deno.test("openFilesOf() hands over a daemon's program and the runtime, and nothing to a compiled one", () => {
  assert.deepEqual(START.form.openFilesOf("outer"), ["/x/outer.js", "/usr/bin/deno"]);
  assert.deepEqual(START.form.openFilesOf("inner"), ["/x/inner.js", "/usr/bin/deno"]);
  assert.deepEqual(COMPILED.openFilesOf("inner"), []);
});

const MEMORY = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "1" };

Deno.test("environmentOf() marks a daemon, leaves it no folder for Deno's own storage, and has it ask for no update", () => {
  assert.deepEqual(environmentOf(START), {
    ONE_TPROXY_HOST: "4026531840",
    ONE_TPROXY_FLAGS: "--no-prompt;--allow-net=10.0.0.1:80",
    ONE_TPROXY_RETIRE: "USR2",
    ONE_TPROXY_VERSION: VERSION,
    DENO_DIR: "/dev/null",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    ...MEMORY,
  });
});

Deno.test("environmentOf() marks a compiled daemon with the flags that are in it, and leaves it no folder either", () => {
  assert.deepEqual(environmentOf({ ...START, form: COMPILED }), {
    ONE_TPROXY_HOST: "4026531840",
    ONE_TPROXY_FLAGS: "--no-prompt;--allow-net=10.0.0.1:80",
    ONE_TPROXY_RETIRE: "USR2",
    ONE_TPROXY_VERSION: VERSION,
    XDG_DATA_HOME: "/dev/null",
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    ...MEMORY,
  });
});

/** The flags of outer for bridges with the longest names, each with 10 services of its own. */
function outerFlags(count: number): readonly string[] {
  const bridges = Array.from({ length: count }, (_, i) => {
    const endpoints = Array.from({ length: 10 }, (_, j) => {
      return { servicePort: 5000 + j, remoteAddr: `192.168.${100 + i % 100}.${100 + j}`, remotePort: 10_000 + i };
    });
    return [parseBridgeName(`onebridge.${i}`.padEnd(15, "x")), { endpoints }] as const;
  });
  return daemonFlags(OUTER, new Map(bridges), START.form);
}

Deno.test("environmentOf() has room for 200 bridges with 10 services of their own each", () => {
  environmentOf({ ...START, flags: outerFlags(200) });
});

Deno.test("environmentOf() refuses flags that Linux could not pass on", () => {
  assert.throws(() => environmentOf({ ...START, flags: outerFlags(1000) }), {
    name: "DaemonError",
    message: /^Cannot start one_tproxy: its permissions take \d+ bytes, and Linux has room for 122880$/,
  });
});
