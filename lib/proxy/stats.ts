/**
 * What a daemon counts, and the file in which `tproxy status --json` finds it.
 *
 * @module
 */

import type { Counts } from "../protocol/lifecycle.ts";

/** How often the file is written. */
const INTERVAL_MS = 1_000;

/** Counts, and writes the counts to a file. */
export class Stats {
  readonly #peers: "guests" | "services";
  #total = 0;
  #failed = 0;
  #refused = 0;
  #fromPeers = 0;
  #toPeers = 0;
  #lastError: Counts["lastError"];

  /**
   * Makes counts that are all 0.
   *
   * @param peers Whom the daemon's peers are: inner's are guests, outer's are services.
   */
  constructor(peers: "guests" | "services") {
    this.#peers = peers;
  }

  /** Counts a stream that was taken. */
  opened(): void {
    this.#total++;
  }

  /** Counts bytes, while they go through, from peers to strings and the other way. */
  moved(fromPeers: number, toPeers: number): void {
    this.#fromPeers += fromPeers;
    this.#toPeers += toPeers;
  }

  /** Counts a stream that was not brought to the other side, or a listener that could not be opened. */
  failedWith(message: string): void {
    this.#failed++;
    this.#lastError = { time: new Date().toISOString(), message };
  }

  /** Counts a stream that was not taken, since a limit was reached. */
  refused(): void {
    this.#refused++;
  }

  /**
   * Tells the counts.
   *
   * @param listening What the daemon listens on.
   * @param live How many streams are open.
   * @returns All of them.
   */
  counts(listening: Counts["listening"], live: number): Counts {
    const lastError = this.#lastError === undefined ? {} : { lastError: this.#lastError };
    const both = [this.#fromPeers, this.#toPeers] as const;
    const [up, down] = this.#peers === "guests" ? both : both.toReversed() as [number, number];
    return {
      listening,
      live,
      total: this.#total,
      failed: this.#failed,
      refused: this.#refused,
      up,
      down,
      ...lastError,
    };
  }

  /**
   * Writes the counts to a file every second, changed or not: the time of the last change of the file is the daemon's sign
   * of life, see `lib/health/vitals.ts`. A file that can't be written (a full disk) is no reason to stop.
   *
   * @param path The file, which has to be there; its place is taken by no other, since a daemon may not make files.
   * @param counts Tells what to write.
   * @returns Writes them at once; and ends it. What a successor has written by then stays.
   */
  writeTo(path: string, counts: () => Counts): { write(): void; end(): void } {
    const write = () => {
      try {
        beat(path, new TextEncoder().encode(JSON.stringify(counts()) + "\n"));
      } catch {
        // The next second may be a better one; `tproxy status` says that it has no counts.
      }
    };
    write();
    const timer = setInterval(write, INTERVAL_MS);
    return { write, end: () => clearInterval(timer) };
  }
}

/**
 * Writes over what is in a file.
 *
 * WHY not emptied first: a reader would find an empty file now and then. And to set the length counts as a change of the
 * file even where the disk is full and nothing can be written.
 */
function beat(path: string, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  let written = 0;
  try {
    written = file.writeSync(bytes);
  } finally {
    file.truncateSync(written);
  }
}
