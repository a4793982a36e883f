/**
 * The life of a daemon, the same for inner and outer: load, report that it is ready, handle signals, drain, end.
 *
 * @module
 */

import process from "node:process";
import { describe } from "../errors.ts";
import { type DebugLevel, DEFAULT_DEBUG_LEVEL, type FileLog, log, logToFile } from "../log.ts";
import type { Limits } from "../limits.ts";
import type { Role } from "../role.ts";
import { DRAINING, READY, WAITING } from "../protocol/lifecycle.ts";
import { GarbageCollector } from "./collect_garbage.ts";
import { releaseBuffers } from "./buffers.ts";
import { drain } from "./drain.ts";
import type { Quotas } from "./quota.ts";
import { SharedUsage } from "./shared_usage.ts";
import { Signals } from "./signals.ts";
import type { Stats } from "./stats.ts";
import type { Streams } from "./streams.ts";

/**
 * How long to wait for the ports of a predecessor, in milliseconds. A predecessor that hangs is ended in half that
 * time.
 */
const TAKE_OVER_MS = 4_000;

/** How often unused memory of streams is given back, in milliseconds. */
const RELEASE_MS = 1_000;

/** The result of loading a route file. */
export interface Loaded {
  /** How much to log from now on. */
  readonly debugLevel: DebugLevel;
  /** The limits, among them how long live streams may go on after it has stopped listening. */
  readonly limits: Limits;
  /** The ports or bridges that it can't listen on. */
  readonly notListening: readonly (number | string)[];
}

/** A proxy that can be run as a daemon. */
export interface ProxyHalf {
  /** Its role, with the names of its files. */
  readonly role: Role;
  /** The number of this daemon among those of its role; `undefined` if none is left. Set before the first load. */
  slot?: number | undefined;
  /** The streams it serves. */
  readonly streams: Streams;
  /** Its counts. */
  readonly stats: Stats;
  /** The quotas that its streams take. */
  readonly quotas: Quotas;
  /** The ports or bridges that it listens on now. */
  readonly listening: readonly (number | string)[];
  /**
   * Reads the route file, and opens and closes listeners accordingly.
   *
   * @param patienceMs How long to try again if a port is in use, in milliseconds; by default, it tries once.
   * @returns The settings of the file, and the listeners that could not be opened.
   */
  load(patienceMs?: number): Promise<Loaded>;
  /**
   * Begins to answer what root asks of its streams, until the process ends; missing if nobody asks this daemon.
   *
   * @param slot The number of this daemon among those of its role.
   */
  answerRoot?(slot: number): void;
  /** Closes every listener, after it has accepted all connections in the backlogs. */
  stopListening(): Promise<void>;
}

/**
 * Runs a proxy until a signal ends it.
 *
 * @param proxy The proxy.
 * @param takesOver Whether a predecessor of another user has its ports, and closes them when this one reports that it
 * is about to listen.
 * @throws {Error} Any error of the first load. An error of a later load is logged, and the proxy serves what it served
 * before.
 * @throws {Deno.errors.NotCapable} Without the permissions of its entrypoint in `lib/permissions/daemon_permissions.ts`.
 */
export async function runDaemon(proxy: ProxyHalf, takesOver = false): Promise<void> {
  const { title, log: path, statsFile, usageFiles } = proxy.role;
  const signals = new Signals();
  const file = logToFile(path, DEFAULT_DEBUG_LEVEL);
  // Set before the first guest can come, so that the streams of predecessors count from the start.
  const usage = new SharedUsage(usageFiles);
  proxy.slot = usage.slot;
  proxy.quotas.others = () => usage.others();
  if (takesOver) say(WAITING);
  const { notListening, ...loaded } = await proxy.load(takesOver ? TAKE_OVER_MS : 0);
  let { limits } = loaded;
  file.reopen(loaded.debugLevel);
  process.title = title;
  const counts = proxy.stats.writeTo(
    statsFile,
    () => proxy.stats.counts(proxy.listening, proxy.streams.size),
  );
  const tellUsage = usage.tell(
    () => proxy.streams.size,
    () => proxy.quotas.own,
    // The file of the counts is a successor's then. Bytes are those that inner counts.
    () => signals.stop === undefined || proxy.role.program === "outer" ? undefined : proxy.stats.movedByService,
  );
  const garbage = new GarbageCollector();
  setInterval(() => {
    releaseBuffers();
    garbage.look(proxy.streams.size);
  }, RELEASE_MS);
  if (usage.slot !== undefined) proxy.answerRoot?.(usage.slot);
  log.info("Serving", { title });
  say(READY, ...notListening);
  while (signals.stop === undefined) {
    const next = signals.next();
    if (signals.reload) {
      signals.reload = false;
      limits = await reload(proxy, file) ?? limits;
      // `tproxy` has sent the signal, and waits for the listeners in this file.
      counts.write();
    } else {
      await next;
    }
  }
  counts.end();
  tellUsage();
  process.title = title + DRAINING;
  await proxy.stopListening();
  tellUsage();
  await drain(title, proxy.streams, signals, limits);
  log.info("Ended", { title });
}

/** Writes a line to `tproxy`, which has started this daemon. */
function say(...words: readonly (number | string)[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${words.join(" ")}\n`));
}

/** Loads the route file again. Returns its limits, or `undefined` if it can't be used. */
async function reload(proxy: ProxyHalf, file: FileLog): Promise<Limits | undefined> {
  try {
    const { debugLevel, limits } = await proxy.load();
    file.reopen(debugLevel);
    log.info("Reloaded", { title: proxy.role.title });
    return limits;
  } catch (error) {
    log.error("Cannot reload; serving what was served before", { title: proxy.role.title, error: describe(error) });
    return undefined;
  }
}
