/**
 * Starting a daemon: detached, unprivileged, with exactly its permissions, and waited for until it serves.
 *
 * WHY the runtime and the program come as open descriptors: the data path runs as a user that can often reach neither
 * (a runtime under root's home, a checkout of mode 0700). Root opens both; setpriv runs the runtime as /proc/self/fd/3,
 * and the runtime reads the program from standard input. So nothing has to be copied, and the user needs no file at all.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { DaemonError } from "../errors.ts";
import { type BridgeName, namesOf, OUTER_LOG, type Title, TPROXY } from "../names.ts";
import { PROGRAMS } from "../programs.ts";
import { READY } from "../proxy/daemon.ts";
import { FLAGS_MARK, HOST_MARK } from "./find.ts";
import { groupOf, type Owner } from "./owner.ts";
import type { DaemonFiles } from "./permissions.ts";

/** From coreutils 8.31; run by setpriv, so that nobody needs a permission for it. */
const ENV_PROGRAM = "/usr/bin/env";

/** A daemon starts in a tenth of a second; a host that swaps may take its time. */
const READY_DEADLINE_MS = 15_000;

/**
 * How long a daemon's flags may be, in bytes. Linux takes no argument and no variable of 128 KiB (execve(2)), and ps shows no
 * more than that of a command line with its whole environment.
 */
const LONGEST_FLAGS = 120 * 1024;

/** What a daemon is started with. */
export interface DaemonStart {
  /** The bridge of an inner proxy; `undefined` for outer. */
  readonly bridge: BridgeName | undefined;
  /** Its permission flags. */
  readonly flags: readonly string[];
  /** The user it runs as. */
  readonly owner: Owner;
  /** The bridges whose sockets it serves; none for an inner proxy. */
  readonly serves: readonly BridgeName[];
  /** The inode of the host namespace. */
  readonly host: number;
  /** The files it is made of. */
  readonly files: DaemonFiles;
}

/**
 * Makes the command line of a daemon.
 *
 * @param start What it is started with.
 * @returns The program's absolute path and its arguments. Each program in it replaces itself by the next one, so the
 * process that is started first is the daemon in the end.
 */
export function commandLine({ bridge, flags, owner, serves }: DaemonStart): [string, ...string[]] {
  // Root without capabilities is as unprivileged as anybody, except that it owns files; an operator may ask for it.
  const groups = serves.map((bridge) => groupOf(owner, bridge));
  const others = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  const user = owner.uid === 0 ? [] : [`--reuid=${owner.uid}`, `--regid=${groupOf(owner, bridge)}`, others];
  const unprivileged = [
    PROGRAMS.setpriv.path,
    ...user,
    "--no-new-privs",
    "--bounding-set=-all",
    "--inh-caps=-all",
    // A SIGHUP that comes before the daemon listens for it would end it; and it is about to read its routes anyway.
    ENV_PROGRAM,
    "--ignore-signal=HUP",
    "/proc/self/fd/3",
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-npm",
    // Deno still calls SO_REUSEPORT on TCP listeners unstable; inner's successor needs it.
    ...(bridge === undefined ? [] : ["--unstable-net"]),
    // Taken for TypeScript, it would be transpiled, and Deno tries for 150 ms to keep the result in a cache.
    "--ext=js",
    ...flags,
    "-",
    ...(bridge === undefined ? [] : [bridge]),
  ] as const;
  return bridge === undefined
    ? [...unprivileged]
    : [PROGRAMS.ip.path, "netns", "exec", namesOf(bridge).netns, ...unprivileged];
}

/**
 * Makes the whole environment of a daemon.
 *
 * WHY a cache folder that can be none: Deno keeps `localStorage` and `caches` there without asking for a permission, in the
 * home of the daemon's user, and the same ones for the inners of all bridges.
 *
 * @param start What it is started with.
 * @returns Variables and their values.
 * @throws {DaemonError} If the flags are longer than Linux takes, so that the daemon could not be started or not be known.
 */
export function environmentOf({ bridge, host, flags }: DaemonStart): Record<string, string> {
  const text = flags.join(";");
  if (text.length > LONGEST_FLAGS) {
    throw new DaemonError(
      `Cannot start ${
        titleOf(bridge)
      }: its permissions take ${text.length} bytes, and Linux has room for ${LONGEST_FLAGS}`,
      "have fewer bridges, or fewer different services, on this host",
    );
  }
  return { [HOST_MARK]: String(host), [FLAGS_MARK]: text, DENO_DIR: "/dev/null" };
}

function titleOf(bridge: BridgeName | undefined): Title {
  return bridge === undefined ? TPROXY : namesOf(bridge).title;
}

/** A daemon that serves. */
export interface Started {
  /** Its process ID. */
  readonly pid: number;
  /** The ports or bridges that it could not open; its log says why. */
  readonly notListening: readonly string[];
}

/**
 * Starts a daemon and waits until it serves.
 *
 * @param start What it is started with.
 * @returns Its process ID, and what it can't listen on.
 * @throws {DaemonError} If it ends before it serves, takes longer than 15 seconds, or needs more flags than Linux takes.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function startDaemon(start: DaemonStart): Promise<Started> {
  const { bridge, owner, files } = start;
  const env = environmentOf(start);
  const log = bridge === undefined ? OUTER_LOG : namesOf(bridge).log;
  await ensureOwnFile(log, groupOf(owner, bridge));
  const [program, ...args] = commandLine(start);
  const descriptors = [bridge === undefined ? files.outer : files.inner, files.runtime].map(openCode);
  const [code, runtime] = descriptors;
  const stderr = openSync(log, "a");
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      stdio: [code, "pipe", stderr, runtime],
      detached: true,
      cwd: "/",
      env,
    });
  } finally {
    for (const descriptor of [...descriptors, stderr]) closeSync(descriptor);
  }
  const answer = await firstLine(child);
  child.stdout?.destroy();
  child.unref();
  const [first, ...notListening] = answer.trim().split(" ");
  if (first === READY && child.pid !== undefined) return { pid: child.pid, notListening };
  child.kill("SIGKILL");
  throw new DaemonError(`Cannot start ${titleOf(bridge)}: ${answer.trim() || "it ended at once"}`, `see ${log}`);
}

function openCode(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw new DaemonError(
      `Cannot open ${path}, which the proxies are made of`,
      'in a checkout, run "deno task bundle"',
      { cause },
    );
  }
}

/** Waits for the first line that a daemon prints, or for its end, or for the deadline. */
function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(
    () => resolve(`it is not ready after ${READY_DEADLINE_MS / 1000} seconds`),
    READY_DEADLINE_MS,
  );
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes("\n")) resolve(text);
  }).on("end", () => resolve(text));
  child.on("error", (error) => resolve(error.message));
  return promise.finally(() => clearTimeout(timer));
}

/**
 * Makes sure that a daemon's log, or the file for its counts, is there and can be written by the daemon, which may not
 * create it. Its folder must be root's alone, or somebody could put a link in its place.
 *
 * @param path The file.
 * @param group The group that writes it.
 * @throws {Deno.errors.NotCapable} Without `--allow-write` for it.
 */
export async function ensureOwnFile(path: string, group: number): Promise<void> {
  using file = await Deno.open(path, { create: true, append: true, mode: 0o600 });
  void file;
  await Deno.chown(path, 0, group);
  await Deno.chmod(path, 0o660);
}
