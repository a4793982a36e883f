/**
 * Writing to a string in batches.
 *
 * WHY batches: a write costs more than everything else in a small request. A batch ends after four microtasks in which
 * nothing was added: the streams that are being served right now then have nothing to add.
 *
 * WHY no timer: it would cost more than the write (`setImmediate` takes 10 to 20 percent of all CPU time).
 *
 * @module
 */

/** How many microtasks in which nothing was added end a batch, and how many microtasks it waits at most. */
const QUIET_HOPS = 4;
const MOST_HOPS = 256;

/** A batch of this length, in bytes, is written without waiting for more. It is also the initial length of a buffer. */
const BATCH = 64 * 1024;

/** The most bytes that may wait to be written. A peer that sends frames and reads no answers would fill our memory. */
const MOST = 4 * 1024 * 1024;

/** The connection that is written to. */
export type BatchTarget = Pick<Deno.Conn, "write" | "closeWrite">;

/** Collects bytes and writes them in batches. */
export abstract class BatchWriter {
  /** The buffer to encode into, at the offset from {@linkcode reserve}. */
  protected batch: Uint8Array<ArrayBuffer> = new Uint8Array(BATCH);
  /** How many bytes of it are filled. */
  protected length = 0;
  /** Whether everything that is added is dropped. */
  protected isBroken = false;
  readonly #target: BatchTarget;
  readonly #onFailure: (error: unknown) => void;
  /** The other buffer. It is empty, or its contents are being written. */
  #spare = new Uint8Array(BATCH);
  #flight: Uint8Array | undefined;
  /** Whether a write is under way, or will begin after some microtasks. */
  #isBusy = false;
  #hops = 0;
  #quiet = 0;
  #seen = 0;
  #isEnding = false;

  /**
   * @param target The string.
   * @param onFailure Called once if a write fails. Everything that is added later is dropped.
   */
  constructor(target: BatchTarget, onFailure: (error: unknown) => void) {
    this.#target = target;
    this.#onFailure = onFailure;
  }

  /** Called when a write begins, and the next batch is empty. */
  protected abstract onRoom(): void;

  /**
   * Makes room in the buffer.
   *
   * @param length How many bytes.
   * @returns Their offset.
   */
  protected reserve(length: number): number {
    if (this.isBroken) this.length = 0;
    const needed = this.length + length;
    if (needed > this.batch.length) {
      const larger = new Uint8Array(Math.max(needed, this.batch.length * 2));
      larger.set(this.batch.subarray(0, this.length));
      this.batch = larger;
    }
    return this.length;
  }

  /**
   * Adds what has been encoded.
   *
   * @param end Where it ends in the buffer.
   */
  protected add(end: number): void {
    this.length = end;
    if (this.#isBusy || this.isBroken) {
      if (end > MOST) this.#fail(new Error(`the peer has not taken ${MOST} bytes`));
      return;
    }
    this.#schedule();
  }

  /** Closes the string for writing once everything has been written. Nothing may be added any more. */
  end(): void {
    if (this.#isEnding || this.isBroken) return;
    this.#isEnding = true;
    if (!this.#isBusy) this.#end();
  }

  /** Drops everything that has not been written. */
  stop(): void {
    this.isBroken = true;
    this.length = 0;
  }

  #schedule(): void {
    this.#isBusy = true;
    this.#hops = MOST_HOPS;
    this.#quiet = QUIET_HOPS;
    this.#seen = this.length;
    queueMicrotask(this.#hop);
  }

  readonly #hop = (): void => {
    if (this.length !== this.#seen) {
      this.#seen = this.length;
      this.#quiet = QUIET_HOPS;
    }
    if (--this.#quiet > 0 && --this.#hops > 0 && this.length < BATCH) queueMicrotask(this.#hop);
    else this.#flush();
  };

  #flush(): void {
    if (this.isBroken) return;
    const full = this.batch.subarray(0, this.length);
    [this.batch, this.#spare] = [this.#spare, this.batch];
    this.length = 0;
    this.onRoom();
    this.#write(full);
  }

  #write(bytes: Uint8Array): void {
    this.#flight = bytes;
    this.#target.write(bytes).then(this.#onWritten, this.#fail);
  }

  readonly #onWritten = (count: number): void => {
    if (this.isBroken || this.#flight === undefined) return;
    if (count < this.#flight.length) return this.#write(this.#flight.subarray(count));
    this.#flight = undefined;
    if (this.length > 0) return this.#schedule();
    this.#isBusy = false;
    if (this.#isEnding) this.#end();
  };

  readonly #fail = (error: unknown): void => {
    if (this.isBroken) return;
    this.stop();
    this.#onFailure(error);
  };

  #end(): void {
    this.#target.closeWrite().catch(this.#fail);
  }
}
