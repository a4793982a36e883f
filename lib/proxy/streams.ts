/**
 * The live streams of a daemon, so that it can wait for them, or end them.
 *
 * @module
 */

import { close } from "./connection.ts";

/** The streams a daemon has open, and the strings that carry them. */
export class Streams {
  readonly #open = new Set<Disposable>();
  readonly #strings = new Set<Disposable>();
  #onIdle: (() => void) | undefined;

  /** How many streams there are. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Adds a stream.
   *
   * @param connection What to close to end it.
   */
  add(connection: Disposable): void {
    this.#open.add(connection);
  }

  /**
   * Ends a stream, and forgets it.
   *
   * @param connection The same; it may be closed already.
   */
  end(connection: Disposable): void {
    close(connection);
    this.forget(connection);
  }

  /** Forgets what was added, and does not close it. */
  forget(connection: Disposable): void {
    this.#open.delete(connection);
    this.#look();
  }

  /**
   * Adds a string. It is no stream, but something may still be on its way on it when there is none.
   *
   * @param mux The string.
   * @param gone When it is gone, and to be forgotten.
   */
  addString(mux: Disposable, gone: Promise<unknown>): void {
    this.#strings.add(mux);
    void gone.then(() => {
      this.#strings.delete(mux);
      this.#look();
    });
  }

  /** Whether there is neither a stream nor a string. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#strings.size === 0;
  }

  #look(): void {
    if (this.isIdle) this.#onIdle?.();
  }

  /**
   * Waits until there is neither a stream nor a string.
   *
   * @returns When the last one has ended; at once if there is none.
   */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    return promise;
  }

  /** Ends all of them now. */
  closeAll(): void {
    for (const connection of [...this.#open, ...this.#strings]) close(connection);
  }
}
