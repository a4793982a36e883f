/**
 * Writing chunks to a peer, in order. It knows nothing of frames; receiver.ts does.
 *
 * WHY no `async` functions: every chunk of every stream passes here, and most chunks need not wait.
 *
 * @module
 */

import { Backlog } from "./backlog.ts";
import { giveBuffer } from "./buffers.ts";
import { areReadBuffersShort, type ReadBuffer, releaseReadBuffer } from "./read_buffers.ts";

/** The connection to the peer. */
export type Peer = Pick<Deno.TcpConn, "write" | "setNoDelay">;

/** Delivers chunks in order. A chunk waits while another one is being written. */
export abstract class Delivery {
  #peer: Peer | undefined;
  #writes = 0;
  /** The chunk being written, and its buffer: its own one, or a shared one. */
  #chunk: Uint8Array | undefined;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #shared: ReadBuffer | undefined;
  #backlog: Backlog | undefined;
  #isRefused = false;

  /** The connection to the peer; `undefined` before `begin()`. */
  protected get peer(): Peer | undefined {
    return this.#peer;
  }

  /** Whether nothing is being written and nothing waits. */
  protected get isIdle(): boolean {
    return this.#chunk === undefined && (this.#backlog === undefined || this.#backlog.isEmpty);
  }

  /** Whether the peer takes no more. All bytes are dropped then. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Called when the peer has taken bytes, or when they were dropped because it takes no more. */
  protected abstract onTaken(count: number): void;

  /** Called once, when the peer takes no more. */
  protected abstract onRefused(error: unknown): void;

  /** Called when nothing is left to deliver. */
  protected abstract onDelivered(): void;

  /** Begins to deliver. Chunks that are already waiting go first. */
  begin(peer: Peer): void {
    this.#peer = peer;
    this.#next();
  }

  /**
   * Delivers a chunk.
   *
   * @param shared The buffer that holds it.
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

  /** Drops all chunks that wait. A write that is under way still ends. */
  stop(): void {
    this.#backlog?.clear();
    this.#isRefused = true;
  }

  #write(chunk: Uint8Array): void {
    const peer = this.#peer as Peer;
    this.#chunk = chunk;
    // Nagle's algorithm does not delay the first write, and many streams have no second one. So this call is made only
    // before the second.
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
