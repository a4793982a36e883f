/**
 * Starting a daemon: detached, unprivileged, with exactly its permissions, and waited for until it serves.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { DaemonError } from "../errors.ts";
import { namesOf, OUTER_LOG, type Title, TPROXY } from "../names.ts";
import { READY } from "../proxy/daemon.ts";
import { commandLine, type DaemonStart, environmentOf, scriptsOf } from "./command_line.ts";
import { groupOf } from "./owner.ts";

/** A daemon starts in a tenth of a second; a host that swaps may take its time. */
const READY_DEADLINE_MS = 15_000;

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
  const { bridge, owner } = start;
  const title: Title = bridge === undefined ? TPROXY : namesOf(bridge).title;
  const log = bridge === undefined ? OUTER_LOG : namesOf(bridge).log;
  await ensureOwnFile(log, groupOf(owner, bridge));
  const child = spawnDaemon(start, log);
  const answer = await firstLine(child);
  child.stdout?.destroy();
  child.unref();
  const [first, ...notListening] = answer.trim().split(" ");
  if (first === READY && child.pid !== undefined) return { pid: child.pid, notListening };
  child.kill("SIGKILL");
  throw new DaemonError(`Cannot start ${title}: ${answer.trim() || "it ended at once"}`, `see ${log}`);
}

function spawnDaemon(start: DaemonStart, log: string): ChildProcess {
  const [program, ...args] = commandLine(start);
  using opened = new DisposableStack();
  const open = (path: string, how: "r" | "a") => opened.adopt(openSync(path, how), closeSync);
  const [script, runtime] = scriptsOf(start).map((path) => orReinstall(path, () => open(path, "r")));
  return spawn(program, args, {
    stdio: [script ?? "ignore", "pipe", open(log, "a"), runtime ?? "ignore"],
    detached: true,
    cwd: "/",
    env: environmentOf(start),
  });
}

function orReinstall(path: string, open: () => number): number {
  try {
    return open();
  } catch (cause) {
    const remedy = 'in a checkout, use "deno task tproxy", which makes it; elsewhere, install again';
    throw new DaemonError(`Cannot open ${path}, which the proxies are made of`, remedy, { cause });
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
