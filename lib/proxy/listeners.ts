/**
 * A set of listeners that follows a list of keys. A new key opens a listener, and a missing key closes one. The others
 * are not touched.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";

/** How long to wait before a port in use is tried again, in milliseconds. Guests are refused meanwhile. */
const RETRY_MS = 5;

/** Something that can be closed. */
export interface Closable {
  /** Closes it. */
  close(): void | Promise<void>;
}

/**
 * Compares the keys that are open with those that should be.
 *
 * @param open The keys that are open.
 * @param wanted The keys that should be.
 * @returns The keys to open and the keys to close.
 */
export function diff<K>(open: Iterable<K>, wanted: Iterable<K>): { open: K[]; close: K[] } {
  const isOpen = new Set(open);
  const isWanted = new Set(wanted);
  return { open: [...isWanted.difference(isOpen)], close: [...isOpen.difference(isWanted)] };
}

/** Listeners by key: a port, or a bridge. */
export class Listeners<K> {
  readonly #open = new Map<K, Closable>();
  readonly #listen: (key: K) => Closable | Promise<Closable>;

  /**
   * Creates an empty set.
   *
   * @param listen Opens the listener of a key and begins to serve it.
   */
  constructor(listen: (key: K) => Closable | Promise<Closable>) {
    this.#listen = listen;
  }

  /** The keys that are open. */
  get keys(): K[] {
    return [...this.#open.keys()];
  }

  /**
   * Opens and closes listeners so that the wanted ones are open. If one can't be opened, that is logged, and the next
   * call tries again.
   *
   * @param wanted The keys that should be open.
   * @param patienceMs How long to try again if ports are in use, in milliseconds, for all of them together.
   * @returns The keys that could not be opened.
   */
  async follow(wanted: Iterable<K>, patienceMs = 0): Promise<K[]> {
    const failed: K[] = [];
    const deadline = performance.now() + patienceMs;
    const { open, close } = diff(this.#open.keys(), wanted);
    await Promise.all(close.map((key) => this.#close(key)));
    for (const key of open) {
      try {
        this.#open.set(key, await this.#listenBefore(deadline, key));
        log.info("Listening", { listener: key });
      } catch (error) {
        log.error("Cannot listen", { listener: key, error: describe(error) });
        failed.push(key);
      }
    }
    return failed;
  }

  async #listenBefore(deadline: number, key: K): Promise<Closable> {
    for (;;) {
      try {
        return await this.#listen(key);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || performance.now() >= deadline) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  async #close(key: K): Promise<void> {
    const listener = this.#open.get(key);
    this.#open.delete(key);
    try {
      await listener?.close();
      log.info("Not listening any more", { listener: key });
    } catch (error) {
      log.error("Cannot close a listener", { listener: key, error: describe(error) });
    }
  }
}
