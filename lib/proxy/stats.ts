/**
 * The counts of a daemon, and the file from which `tproxy status --json` reads them.
 *
 * @module
 */

import { type Counts, MOST_UNANSWERED } from "../protocol/lifecycle.ts";

/** How often the file is written, in milliseconds. */
const INTERVAL_MS = 1_000;

/** Counts, and writes the counts to a file. */
export class Stats {
  readonly #peers: "guests" | "services";
  readonly #unanswered: () => readonly string[];
  #total = 0;
  #failed = 0;
  #refused = 0;
  #fromPeers = 0;
  #toPeers = 0;
  #lastError: Counts["lastError"];

  /**
   * Creates counts that are all 0.
   *
   * @param peers The kind of the daemon's peers: guests for inner, services for outer.
   * @param unanswered Tells which remotes do not answer; none by default.
   */
  constructor(peers: "guests" | "services", unanswered: () => readonly string[] = () => []) {
    this.#peers = peers;
    this.#unanswered = unanswered;
  }

  /** Counts a stream that was accepted. */
  opened(): void {
    this.#total++;
  }

  /** Counts bytes from peers to strings, and from strings to peers. */
  moved(fromPeers: number, toPeers: number): void {
    this.#fromPeers += fromPeers;
    this.#toPeers += toPeers;
  }

  /** Counts a stream that was not brought to the other side, or a listener that could not be opened. */
  failedWith(message: string): void {
    this.#failed++;
    this.#lastError = { time: new Date().toISOString(), message };
  }

  /** Counts a stream that was refused because of a limit. */
  refused(): void {
    this.#refused++;
  }

  /**
   * Tells the counts.
   *
   * @param listening What the daemon listens on.
   * @param live How many streams are open.
   * @returns All counts.
   */
  counts(listening: Counts["listening"], live: number): Counts {
    const unanswered = this.#unanswered().slice(0, MOST_UNANSWERED);
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
      ...(unanswered.length === 0 ? {} : { unanswered }),
      ...lastError,
    };
  }

  /**
   * Writes the counts to a file every second, changed or not. The file's modification time is the daemon's sign of
   * life, which `lib/health/vitals.ts` checks. A write that fails, for example on a full disk, is ignored.
   *
   * @param path The file. It has to exist and is written in place, since a daemon may not create files.
   * @param counts Returns the counts.
   * @returns `write` writes the counts at once, and `end` stops the writing. The file stays as it is, since it may be a
   * successor's by then.
   */
  writeTo(path: string, counts: () => Counts): { write(): void; end(): void } {
    const write = () => {
      try {
        beat(path, new TextEncoder().encode(JSON.stringify(counts()) + "\n"));
      } catch {
        // The next second tries again. `tproxy status` reports that there are no counts.
      }
    };
    write();
    const timer = setInterval(write, INTERVAL_MS);
    return { write, end: () => clearInterval(timer) };
  }
}

/**
 * Overwrites the contents of a file.
 *
 * WHY the file is not emptied first: a reader would sometimes find an empty file.
 */
function beat(path: string, bytes: Uint8Array): void {
  using file = Deno.openSync(path, { write: true });
  let written = 0;
  try {
    written = file.writeSync(bytes);
  } finally {
    // To set the length changes the modification time, even if the disk is full and nothing could be written.
    file.truncateSync(written);
  }
}
