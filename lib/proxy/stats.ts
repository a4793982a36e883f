/**
 * The counts of a daemon, and the file from which `tproxy status --json` reads them.
 *
 * @module
 */

import { type Counts, MOST_SERVICES, MOST_UNANSWERED, type RefusingLimit } from "../protocol/counts.ts";
import type { Moved } from "../protocol/usage.ts";
import { ServiceCounter } from "./service_counter.ts";

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
  readonly #services = new Map<string, ServiceCounter>();

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

  /** Counts a stream that was accepted, and belongs to a service unless nobody serves its port. */
  opened(service: ServiceCounter | undefined): void {
    this.#total++;
    service?.opened();
  }

  /**
   * Finds the counter of a service, or makes it.
   *
   * @param port The service port; it has to be one of the routes, so that a peer can't make counters. 0 stands for no
   * port in particular.
   * @param bridge The bridge; missing in an inner proxy.
   * @returns Its counter.
   */
  of(port: number, bridge?: string): ServiceCounter {
    const key = keyOf(port, bridge);
    let counter = this.#services.get(key);
    if (counter === undefined) this.#services.set(key, counter = new ServiceCounter(port, bridge));
    return counter;
  }

  /**
   * Forgets the services that are gone, apart from those that still have streams.
   *
   * @param isServed Whether a service is there.
   */
  keep(isServed: (port: number, bridge?: string) => boolean): void {
    for (const [key, counter] of this.#services) {
      const { port, bridge, live } = counter.counts;
      if (live === 0 && port !== 0 && !isServed(port, bridge)) this.#services.delete(key);
    }
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
  refused(service: ServiceCounter, limit: RefusingLimit): void {
    this.#refused++;
    service.refused(limit);
  }

  /** What the streams of each service have moved. */
  get movedByService(): Moved[] {
    return Array.from(this.#services.values(), ({ counts: { port, up, down } }) => ({ port, up, down }))
      .filter(({ port, up, down }) => port > 0 && up + down > 0);
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
      services: Array.from(this.#services.values().take(MOST_SERVICES), (counter) => counter.counts),
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

function keyOf(port: number, bridge: string | undefined): string {
  return bridge === undefined ? `${port}` : `${bridge} ${port}`;
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
