/**
 * Starting a daemon, detached, unprivileged and with exactly its permissions, and waiting until it serves.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { printable } from "../config/config.ts";
import { DaemonError, describe } from "../errors.ts";
import { READY, WAITING } from "../protocol/lifecycle.ts";
import { commandLine, type DaemonStart, environmentOf } from "./command_line.ts";
import { describeEndAtStart, type End } from "./ended_at_start.ts";
import { loadNodeFs, type NodeFs } from "../open_checked.ts";
import { openLog, readLogSince } from "./log_file.ts";

/** A daemon starts in a tenth of a second, on a host that swaps in more. */
const READY_DEADLINE_MS = 15_000;

/** Within this time a daemon ends that has closed its output or was killed. */
const END_DEADLINE_MS = 1_000;

/**
 * How often a daemon is started that a SIGHUP ends. It was told to ignore SIGHUP, but Deno ends for one that comes just while it
 * begins to listen for the signal.
 */
const TRIES = 3;

/** The first line of a daemon is shorter, even if it names 65,535 ports that it can't listen on. */
const LONGEST_LINE = 512 * 1024;

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
 * @throws {DaemonError} If it ends before it serves, takes longer than 15 seconds, or needs more flags than Linux takes. An end
 * is told with its exit code or signal, and with the last error in the log.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
 */
export async function startDaemon(start: DaemonStart): Promise<Started> {
  const { role, owner } = start;
  // Both take longer to load than a run in which no daemon has to be started.
  const [{ spawn }, fs] = await Promise.all([import("node:child_process"), loadNodeFs()]);
  for (let tries = 1;; tries++) {
    const log = await openLog(role, owner);
    const { size } = fs.fstatSync(log);
    const child = spawnDaemon({ spawn, fs }, start, log);
    const ended = new Promise<End>((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
    const answer = printable((await answerOf(child, start.onWaiting)).trim());
    child.stdout?.destroy();
    child.unref();
    const [first, ...notListening] = answer.split(" ");
    if (first === READY && child.pid !== undefined) return { pid: child.pid, notListening };
    const end = answer === "" ? await inTime(ended) : undefined;
    if (end === undefined) {
      child.kill("SIGKILL");
      await inTime(ended);
    }
    if (end?.signal === "SIGHUP" && tries < TRIES) continue;
    const why = end === undefined
      ? answer || "it closed its output"
      : describeEndAtStart(end, await readLogSince(role, owner, size));
    throw new DaemonError(`Cannot start ${role.title}: ${why}`, `see ${role.log}`);
  }
}

/** Waits for the end of a daemon; `undefined` if it does not end in time. */
async function inTime(ended: Promise<End>): Promise<End | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), END_DEADLINE_MS);
  return await Promise.race([ended, promise]).finally(() => clearTimeout(timer));
}

/** What of Node.js starts a daemon. */
interface Node {
  readonly spawn: typeof import("node:child_process").spawn;
  readonly fs: NodeFs;
}

/** Starts a daemon, and closes the descriptors that it was handed, the log's among them. */
function spawnDaemon({ spawn, fs }: Node, start: DaemonStart, log: number): ChildProcess {
  using opened = new DisposableStack();
  opened.adopt(log, fs.closeSync);
  const [program, ...args] = commandLine(start);
  const open = (path: string) => opened.adopt(fs.openSync(path, "r"), fs.closeSync);
  const [script, runtime] = start.form.openFilesOf(start.role.program).map((path) =>
    orReinstall(path, () => open(path))
  );
  return spawn(program, args, {
    stdio: [script ?? "ignore", "pipe", log, runtime ?? "ignore"],
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

/** Waits for what a daemon prints when it serves, its end or the deadline. */
function answerOf(child: ChildProcess, onWaiting: DaemonStart["onWaiting"]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(
    () => resolve(`it is not ready after ${READY_DEADLINE_MS / 1000} seconds`),
    READY_DEADLINE_MS,
  );
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (onWaiting !== undefined && text.startsWith(`${WAITING}\n`)) {
      text = text.slice(WAITING.length + 1);
      onWaiting().catch((error) => resolve(describe(error)));
    }
    if (text.includes("\n") || text.length > LONGEST_LINE) resolve(text);
  }).on("end", () => resolve(text));
  child.on("error", (error) => resolve(error.message));
  return promise.finally(() => clearTimeout(timer));
}
