/**
 * What makes a supervisor look again: signals, and programs that print a line for each change.
 *
 * @module
 */

import { log } from "../log.ts";
import { followCommand, type RunningCommand } from "../follow_command.ts";

/** Why there is a pass; `reload` makes the daemons read their routes again and reopen their logs. */
export type Reason = "start" | "reload";

/** How long after its start a program surely hears of changes, in milliseconds. */
const HEARS_AFTER_MS = 10_000;

/** A program that ends sooner can't work on this host, and is started again only after a pause. In milliseconds. */
const LIVED_MS = 5_000;
const PAUSE_MS = 60_000;

/** A program that prints a line for each change. The next pass finds what it misses while it does not run. */
export class Monitor {
  readonly #start: () => RunningCommand;
  readonly #what: string;
  #running: RunningCommand | undefined;
  #startAt = 0;
  #startedAt = 0;
  #isStopped = false;

  /**
   * @param name The program.
   * @param args Its arguments.
   * @param onLine What to do with a line it prints.
   */
  constructor(name: "nft" | "ip", args: readonly string[], onLine: (line: string) => void) {
    this.#what = [name, ...args].join(" ");
    this.#start = () => followCommand(name, args, onLine);
  }

  /** Whether it has run for long enough to tell of every change from now on. */
  get hearsAll(): boolean {
    return this.#running !== undefined && performance.now() - this.#startedAt >= HEARS_AFTER_MS;
  }

  /** Starts it, unless it runs or has just ended at once. */
  ensure(): void {
    const now = performance.now();
    if (this.#running !== undefined || now < this.#startAt) return;
    this.#running = this.#start();
    this.#startedAt = now;
    void this.#running.ended.then(() => {
      this.#running = undefined;
      if (this.#isStopped || performance.now() - now >= LIVED_MS) return;
      this.#startAt = performance.now() + PAUSE_MS;
      log.warning("A monitor ended at once; changes are found a little later", {
        program: this.#what,
      });
    });
  }

  /** Ends it. */
  stop(): void {
    this.#isStopped = true;
    this.#running?.stop();
  }
}

/** What has come in since the last pass. */
export class Events {
  /** Whether a signal has ended it all. */
  ended = false;
  #wish: Reason | undefined;
  #wake: () => void = () => {};

  /** Listens for signals: SIGHUP asks for a reload, SIGTERM and SIGINT for the end. */
  constructor() {
    Deno.addSignalListener("SIGHUP", () => this.wish("reload"));
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      Deno.addSignalListener(signal, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  /** Asks for a pass; a reload is more than a start. */
  wish(reason: Reason): void {
    if (this.#wish !== "reload") this.#wish = reason;
    this.#wake();
  }

  /** Takes what was asked for. */
  take(): Reason | undefined {
    const wish = this.#wish;
    this.#wish = undefined;
    return wish;
  }

  /** Waits for the next wish, or for some time. */
  async next(ms: number): Promise<void> {
    if (this.#wish !== undefined || this.ended) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}
