/**
 * The life of a daemon, the same for inner and outer: load, say that it is ready, follow signals, drain, end.
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
import type { Quotas } from "./quota.ts";
import { SharedUsage } from "./shared_usage.ts";
import type { Stats } from "./stats.ts";
import type { Streams } from "./streams.ts";

/** How long to wait for the ports of a predecessor; one that hangs is ended in half that time. */
const TAKE_OVER_MS = 4_000;

/** How long memory for streams is kept that none needs, in milliseconds. */
const RELEASE_MS = 1_000;

/** What a daemon found in its route file, and could do about it. */
export interface Loaded {
  /** How much to log from now on. */
  readonly debugLevel: DebugLevel;
  /** How long live streams may go on once it has stopped listening, among others. */
  readonly limits: Limits;
  /** The ports or bridges that it can't listen on. */
  readonly notListening: readonly (number | string)[];
}

/** A proxy that can be run as a daemon. */
export interface ProxyHalf {
  /** What it is, with the names of its files. */
  readonly role: Role;
  /** The streams it serves. */
  readonly streams: Streams;
  /** What it counts. */
  readonly stats: Stats;
  /** What its streams take of the limits. */
  readonly quotas: Quotas;
  /** What it listens on now. */
  readonly listening: readonly (number | string)[];
  /**
   * Reads what to serve and makes the listeners follow it.
   *
   * @param patienceMs How long to try again where a port is taken, in milliseconds; once unless told.
   * @returns How much to log from now on, and what could not be opened.
   */
  load(patienceMs?: number): Promise<Loaded>;
  /** Closes every listener, once all that came in before has been taken. */
  stopListening(): Promise<void>;
}

/** The latest wishes that came in as signals; one that comes twice before it is looked at is one wish. */
class Signals {
  reload = false;
  stop: "patient" | "soon" | undefined;
  #wake: () => void = () => {};

  constructor() {
    this.#on("SIGHUP", () => this.reload = true);
    this.#on("SIGUSR2", () => this.stop ??= "patient");
    this.#on("SIGTERM", () => this.stop = "soon");
  }

  #on(signal: Deno.Signal, wish: () => void): void {
    Deno.addSignalListener(signal, () => {
      wish();
      this.#wake();
    });
  }

  /** Waits for the next signal. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}

/**
 * Runs a proxy until a signal ends it.
 *
 * @param proxy The proxy.
 * @param takesOver Whether somebody else has its ports and closes them as soon as it hears that this one is about to listen.
 * @throws {Error} Whatever its first load throws; a later one is logged, and the proxy serves what it served before.
 * @throws {Deno.errors.NotCapable} Without the permissions of its entrypoint in `lib/permissions/table.ts`.
 */
export async function runDaemon(proxy: ProxyHalf, takesOver = false): Promise<void> {
  const { title, log: path, statsFile, usageFiles } = proxy.role;
  const signals = new Signals();
  const file = logToFile(path, DEFAULT_DEBUG_LEVEL);
  // Before the first guest can come: those that predecessors serve count from the start.
  const usage = new SharedUsage(usageFiles);
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
  const tellUsage = usage.tell(() => proxy.streams.size, () => proxy.quotas.own);
  const garbage = new GarbageCollector();
  setInterval(() => {
    releaseBuffers();
    garbage.look(proxy.streams.size);
  }, RELEASE_MS);
  log.info("Serving", { title });
  say(READY, ...notListening);
  while (signals.stop === undefined) {
    const next = signals.next();
    if (signals.reload) {
      signals.reload = false;
      limits = await reload(proxy, file) ?? limits;
      // Whoever has sent the signal waits for what is said there about the listeners.
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
  await drain(proxy, signals, limits);
  log.info("Ended", { title });
}

/** Writes a line for whoever has started this daemon. */
function say(...words: readonly (number | string)[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${words.join(" ")}\n`));
}

/** Reloads; the limits are what it finds, if it finds any. */
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

/** Waits for the end of the streams; those that take too long are closed. */
async function drain({ role: { title }, streams }: ProxyHalf, signals: Signals, limits: Limits): Promise<void> {
  log.info("Draining", { title, streams: streams.size });
  const idle = streams.idle();
  const close = (why: string) => {
    log.warning(why, { title, streams: streams.size });
    streams.closeAll();
  };
  using timers = new DisposableStack();
  const after = (ms: number, why: string) => timers.adopt(setTimeout(() => close(why), ms), clearTimeout);
  after(limits.hardStopAfterMs, "Closing the streams that a replaced proxy still has after :tproxy_hard_stop_after:");
  while (signals.stop === "patient" && !streams.isIdle) await Promise.race([idle, signals.next()]);
  if (signals.stop === "soon") after(limits.drainTimeoutMs, "Closing the streams that did not end in time");
  await idle;
}
