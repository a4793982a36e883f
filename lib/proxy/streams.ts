/**
 * The live streams of a daemon, so that it can wait for them, or end them.
 *
 * @module
 */

import { close, type Duplex } from "./relay.ts";

/** The connections a daemon has open. */
export class Streams {
  readonly #open = new Set<Pick<Duplex, typeof Symbol.dispose>>();
  #onIdle: (() => void) | undefined;

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Serves a connection and keeps count of it.
   *
   * @param connection The connection that the stream came in on.
   * @param serve What to do with it; it must not throw.
   */
  async track<C extends Pick<Duplex, typeof Symbol.dispose>>(
    connection: C,
    serve: (connection: C) => Promise<void>,
  ): Promise<void> {
    this.#open.add(connection);
    try {
      await serve(connection);
    } finally {
      close(connection);
      this.#open.delete(connection);
      if (this.#open.size === 0) this.#onIdle?.();
    }
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
