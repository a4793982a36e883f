/**
 * Writes to a peer what has come for it, in order. It knows nothing of frames; receiver.ts does.
 *
 * WHY no `async` function: each chunk of every stream goes through here, most of them while nothing else waits.
 *
 * @module
 */

import { Backlog } from "./backlog.ts";
import { giveBuffer } from "./buffers.ts";
import { areReadBuffersShort, type ReadBuffer, releaseReadBuffer } from "./read_buffers.ts";

/** Where it is delivered to. */
export type Peer = Pick<Deno.TcpConn, "write" | "setNoDelay">;

/** Delivers chunks in order; those that come while another is being written wait. */
export abstract class Delivery {
  #peer: Peer | undefined;
  #writes = 0;
  /** What is being written, and the buffer that it has to itself or shares. */
  #chunk: Uint8Array | undefined;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #shared: ReadBuffer | undefined;
  #backlog: Backlog | undefined;
  #isRefused = false;

  /** Where it is delivered to, once that has begun. */
  protected get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Whether there is nothing to deliver just now. */
  protected get isIdle(): boolean {
    return this.#chunk === undefined && (this.#backlog === undefined || this.#backlog.isEmpty);
  }

  /** Whether the peer takes no more; then everything is thrown away. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Called when bytes have been taken by the peer, or thrown away because it takes no more. */
  protected abstract onTaken(count: number): void;

  /** Called once, when the peer takes no more. */
  protected abstract onRefused(error: unknown): void;

  /** Called when there is nothing left to deliver. */
  protected abstract onDelivered(): void;

  /** Begins to deliver; what has come before goes first. */
  begin(peer: Peer): void {
    this.#peer = peer;
    this.#next();
  }

  /**
   * Delivers a chunk.
   *
   * @param shared The buffer it is in.
   * @param offset Where it begins.
   * @param length How long it is.
   */
  protected push(shared: ReadBuffer, offset: number, length: number): void {
    const chunk = shared.bytes.subarray(offset, offset + length);
    const isBusy = this.#peer === undefined || this.#chunk !== undefined;
    if (this.#isRefused && !isBusy) {
      this.onTaken(length);
    } else if (isBusy || areReadBuffersShort()) {
      (this.#backlog ??= new Backlog()).push(chunk);
      if (!isBusy) this.#next();
    } else {
      shared.users++;
      this.#shared = shared;
      this.#write(chunk);
    }
  }

  /** Forgets what has not been written. A write that is under way still ends. */
  stop(): void {
    this.#backlog?.clear();
    this.#isRefused = true;
  }

  #write(chunk: Uint8Array): void {
    const peer = this.#peer as Peer;
    this.#chunk = chunk;
    // The first write waits for nothing (Nagle), and many streams have no second.
    if (++this.#writes === 2) peer.setNoDelay(true);
    peer.write(chunk).then(this.#onWritten, this.#onError);
  }

  readonly #onWritten = (count: number): void => {
    const chunk = this.#chunk as Uint8Array;
    if (count < chunk.length && !this.#isRefused) {
      this.onTaken(count);
      this.#chunk = chunk.subarray(count);
      (this.#peer as Peer).write(this.#chunk).then(this.#onWritten, this.#onError);
      return;
    }
    this.#release();
    this.onTaken(chunk.length);
    this.#next();
  };

  readonly #onError = (error: unknown): void => {
    const wasRefused = this.#isRefused;
    const length = (this.#chunk as Uint8Array).length;
    this.#isRefused = true;
    this.#release();
    if (!wasRefused) this.onRefused(error);
    this.onTaken(length);
    this.#next();
  };

  #release(): void {
    this.#chunk = undefined;
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    else if (this.#shared !== undefined) releaseReadBuffer(this.#shared);
    this.#buffer = undefined;
    this.#shared = undefined;
  }

  #next(): void {
    for (let chunk = this.#backlog?.shift(); chunk !== undefined; chunk = this.#backlog?.shift()) {
      this.#buffer = chunk;
      if (!this.#isRefused) return this.#write(chunk);
      this.#release();
      this.onTaken(chunk.length);
    }
    this.onDelivered();
  }
}
