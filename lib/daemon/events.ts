/**
 * What makes a supervisor look again: signals, and programs that tell of changes.
 *
 * @module
 */

import { followCommand, type RunningCommand } from "../run_command.ts";

/** Why there is a pass; `reload` makes the daemons read their routes again and reopen their logs. */
export type Reason = "start" | "reload";

/** A program that tells of changes. What it misses while it is not there, the next pass finds. */
export class Monitor {
  readonly #start: () => RunningCommand;
  #running: RunningCommand | undefined;

  /**
   * Makes a monitor; it does not run yet.
   *
   * @param name The program.
   * @param args Its arguments.
   * @param onLine What to do with a line it prints.
   */
  constructor(name: "nft" | "ip", args: readonly string[], onLine: (line: string) => void) {
    this.#start = () => followCommand(name, args, onLine);
  }

  /** Starts it, unless it runs. */
  ensure(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#start();
    void this.#running.ended.then(() => this.#running = undefined);
  }

  /** Ends it. */
  stop(): void {
    this.#running?.stop();
  }
}

/** What has come in since the last pass. */
export class Events {
  /** Whether a signal has ended it all. */
  ended = false;
  /** Which daemons ran after the last pass. */
  seen = "";
  #wish: Reason | undefined;
  #wake: () => void = () => {};

  /** Makes it, and takes SIGHUP for a reload, SIGTERM and SIGINT for the end. */
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
