/**
 * What none of our programs may do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { checkout } from "../../lib/permissions/checkout.ts";
import { DEFAULT_CONFIG_PATH, STRINGS_DIR } from "../../lib/paths.ts";
import { assertOutcomes, type Attempt, type Probe } from "./probe.ts";
import { GATE } from "./scenario.ts";

const RUN = "/run/one_tproxy";
const FILES = checkout();
const DENIED = /^NotCapable: /;
const REFUSED = /Requires import access|Requires read access|--no-npm is|--no-remote is|lockfile is out of date/;

/** One attempt of a kind for each value. */
export const all = (kind: string, ...values: string[]): Attempt[] => values.map((value) => [kind, value]);

const NEVER: readonly Attempt[] = [
  ...all(
    "read",
    "/etc/shadow",
    "/etc/passwd",
    `${STRINGS_DIR}/br0/../../../../etc/shadow`,
    `/proc/self/root${RUN}/inner-ports.br0.json`,
  ),
  ...all("read", "/proc/self/environ", "/proc/1/environ", "/proc/self/mem", "/dev/fd/3", "/dev/stdin"),
  ...all("nodeRead", "/etc/shadow"),
  ...all("workerRead", "/etc/shadow"),
  ...all("list", "/", "/etc", "/root", "/proc"),
  ...all("write", "/etc/passwd", "/dev/null", DEFAULT_CONFIG_PATH, FILES.runtime, FILES.inner, FILES.outer),
  ...all("create", "/tmp/probe", "/run/probe", "/var/tmp/probe", "/var/log/../tmp/probe", "/run/netns/probe"),
  ...all("chmod", "/etc/shadow", "/run"),
  ["symlink", "/etc/shadow", `${STRINGS_DIR}/br0/probe`],
  ["link", "/etc/shadow", `${STRINGS_DIR}/br0/probe`],
  ["rename", "/etc/hostname", `${STRINGS_DIR}/br0/probe`],
  ["rename", `${RUN}/inner-ports.br0.json`, "/tmp/probe"],
  // Even a program that is allowed runs only by its own path, and without a library of somebody's choice.
  ...all("run", "/bin/sh", "/usr/bin/env", FILES.runtime, "/proc/self/exe"),
  ...all("run", "/sbin/ip", "/proc/self/root/usr/sbin/ip", `${RUN}/ip`),
  ["run", "/usr/sbin/ip", { LD_PRELOAD: "/tmp/probe.so" }],
  ["kill", 1],
  ...all("env", "PATH", "HOME", "ONE_TPROXY_HOST", "LD_PRELOAD"),
  ["wholeEnv"],
  ...all("setEnv", "LD_PRELOAD"),
  ...all("sys", "hostname", "gid", "osRelease", "networkInterfaces", "loadavg", "systemMemoryInfo"),
  ["setuid", 0],
  ...all("load", "libc.so.6"),
  ...all("nodeLoad", "/tmp/probe.node"),
  ["dial", "127.0.0.1", 5030],
  ["dial", "10.11.12.14", 5030],
  ["dial", GATE, 5031],
  ["dial", "localhost", 5030],
  ["listen", "0.0.0.0", 1234],
  ["listen", "127.0.0.1", 1234],
  ...all("resolve", "one.example"),
  ...all("fetch", "http://10.11.12.14/", "file:///etc/shadow"),
  ["fetch", `http://${GATE}:5030/`, { url: "http://10.11.12.14:3128" }],
  ["fetch", `http://${GATE}:5030/`, { transport: "unix", path: `${STRINGS_DIR}/br1/outer.socket` }],
  // A NUL in front makes the socket abstract: it needs no file.
  ...all("dialSocket", `${STRINGS_DIR}/br1/outer.socket`, "\0probe", "/run/systemd/private"),
  ...all("listenSocket", `${STRINGS_DIR}/br1/outer.socket`, `${STRINGS_DIR}/br0/probe`, "\0probe", "/tmp/probe"),
];

/** Code that no program may load; the first two are on hosts that Deno trusts unless it is told not to. */
const NO_CODE = all(
  "import",
  "https://esm.sh/x",
  "https://raw.githubusercontent.com/x/x/x/x.js",
  `http://${GATE}:5030/x.js`,
  "file:///etc/passwd",
  "jsr:@std/assert",
);

/** A daemon is one file and needs no package. The other programs get only the packages of the lock file. */
export const NO_PACKAGES: readonly Attempt[] = all("import", "npm:left-pad@1.3.0");

/**
 * Shows that a program may do some things, may not do some others, and may not do what no program may.
 *
 * @param probe The probe in the program's place.
 * @param may What has to succeed.
 * @param mayNot What has to be refused, beside what always has to be.
 * @param noCode Code that it may not load, beside what no program may.
 */
export async function assertSandbox(
  probe: Probe,
  may: readonly Attempt[],
  mayNot: readonly Attempt[],
  noCode: readonly Attempt[] = [],
): Promise<void> {
  // Otherwise a probe that can do nothing at all would pass.
  await assertOutcomes(probe, may, /^done$/);
  await assertOutcomes(probe, [...NEVER, ...mayNot], DENIED);
  await assertOutcomes(probe, [...NO_CODE, ...noCode], REFUSED);
  const { code, stderr } = await probe([["mightyWorkerRead", "/etc/shadow"]]);
  assert.equal(code, 70, stderr);
  assert.match(stderr, /^Unstable API 'Worker\.deno\.permissions'/);
}
