/**
 * The live streams of a daemon. The daemon can wait for their end, or close them.
 *
 * @module
 */

import { close } from "./connection.ts";

/** A string. Disposing of it ends it and all its streams. */
export interface Carrier extends Disposable {
  /** How many streams it carries. */
  readonly size: number;
}

/** The open streams of a daemon: those that have a connection of their own, and the strings that carry the others. */
export class Streams {
  readonly #open = new Set<Disposable>();
  readonly #strings = new Set<Carrier>();
  #onIdle: (() => void) | undefined;
  /** How many of the streams are the probe's, which no count shows. */
  probes = 0;

  /** How many streams there are, without those of the probe. */
  get size(): number {
    return this.#strings.values().reduce((sum, { size }) => sum + size, this.#open.size) - this.probes;
  }

  /**
   * Adds a stream that no string carries.
   *
   * @param connection Its connection. Disposing of it ends the stream.
   */
  add(connection: Disposable): void {
    this.#open.add(connection);
  }

  /**
   * Closes a stream and removes it.
   *
   * @param connection The connection that was added; it may be closed already.
   */
  end(connection: Disposable): void {
    close(connection);
    this.forget(connection);
  }

  /** Removes a stream without closing it. */
  forget(connection: Disposable): void {
    this.#open.delete(connection);
    this.#look();
  }

  /**
   * Adds a string, and so the streams that it carries. The daemon waits for the string itself too: it may still carry
   * bytes when its last stream has ended.
   *
   * @param mux The string.
   * @param gone Resolves when the string is gone. It is removed then.
   */
  addString(mux: Carrier, gone: Promise<unknown>): void {
    this.#strings.add(mux);
    void gone.then(() => {
      this.#strings.delete(mux);
      this.#look();
    });
  }

  /** The strings. */
  get strings(): Iterable<Carrier> {
    return this.#strings;
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
   * @returns A promise that resolves when the last one has ended, or at once if there is none.
   */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    return promise;
  }

  /** Closes all streams and strings now. */
  closeAll(): void {
    for (const connection of [...this.#open, ...this.#strings]) close(connection);
  }
}
