/**
 * The live streams of a daemon, so that it can wait for them, or end them.
 *
 * @module
 */

import { close } from "./relay.ts";

/** The connections a daemon has open. */
export class Streams {
  readonly #open = new Set<Disposable>();
  #onIdle: (() => void) | undefined;

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Adds a stream.
   *
   * @param connection The connection that it came in on.
   */
  add(connection: Disposable): void {
    this.#open.add(connection);
  }

  /**
   * Ends a stream, and forgets it.
   *
   * @param connection The connection that it came in on; it may be closed already.
   */
  end(connection: Disposable): void {
    close(connection);
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onIdle?.();
  }

  /**
   * Waits until there are none.
   *
   * @returns When the last one has ended; at once if there is none.
   */
  idle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    return promise;
  }

  /** Ends all of them now. */
  closeAll(): void {
    for (const connection of this.#open) close(connection);
  }
}
