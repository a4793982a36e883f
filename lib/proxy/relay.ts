/**
 * A stream that has a connection of its own from its first byte to its last: between two proxies of which one does not know
 * the string's frames.
 *
 * @module
 */

import { takeBuffer } from "./buffers.ts";
import { close, type Duplex } from "./connection.ts";
import { copy, discard } from "./copy.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";

/** What went through, and how it ended. */
export interface RelayResult {
  /** Bytes from the peer to the string. */
  readonly fromPeer: number;
  /** Bytes from the string to the peer. */
  readonly toPeer: number;
  /** What broke a direction before its end, if anything did. */
  readonly error: unknown;
}

/** How long a relay may be silent, and who counts. */
export interface RelayOptions {
  /** Where its deadline is kept. */
  readonly deadlines: Deadlines;
  /** How long it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Counts bytes as they go through. */
  readonly count?: (fromPeer: number, toPeer: number) => void;
}

/**
 * Relays bytes both ways until both have ended (RFC 9293, 3.6: each ends for itself), and closes both connections.
 *
 * @param peer The guest, or the service; the caller gives it away.
 * @param string The connection to the other proxy; the caller gives it away.
 * @param options How long it may be silent, and who counts.
 * @returns What went through. It never throws: what peers do to a stream is a result, not a failure of ours.
 */
export async function relay(peer: Duplex, string: Duplex, options: RelayOptions): Promise<RelayResult> {
  const stream = new Relay(peer, string, options.idleTimeoutMs);
  options.deadlines.add(stream);
  const count = options.count ?? (() => {});
  await Promise.all([
    stream.move(peer, string, (moved) => {
      stream.fromPeer += moved;
      count(moved, 0);
    }),
    stream.move(string, peer, (moved) => {
      stream.toPeer += moved;
      count(0, moved);
    }),
  ]);
  options.deadlines.remove(stream);
  return { fromPeer: stream.fromPeer, toPeer: stream.toPeer, error: stream.error };
}

/** Both directions of a stream, and its deadline. */
class Relay extends Deadline {
  fromPeer = 0;
  toPeer = 0;
  error: unknown;
  readonly #peer: Duplex;
  readonly #string: Duplex;
  #open = 2;

  constructor(peer: Duplex, string: Duplex, idleTimeoutMs: number) {
    super(idleTimeoutMs);
    this.#peer = peer;
    this.#string = string;
  }

  override missed(): void {
    this.error = new Deno.errors.TimedOut(`silent for ${this.timeoutMs / 1000} seconds`);
    this.close();
  }

  close(): void {
    close(this.#peer);
    close(this.#string);
  }

  /** Moves one direction's bytes until it ends. It never throws. */
  async move(from: Duplex, to: Duplex, moved: (count: number) => void): Promise<void> {
    const broken = await copy(from, to, takeBuffer(), { touch: () => this.touch(), moved });
    this.#open--;
    if (broken !== undefined) this.error ??= broken.error;
    // The last one to end needs no FIN of its own: to close a connection is to end it. A reset can't be passed on in Deno,
    // so all there is to do is not to keep the other side waiting.
    if (this.#open === 0 || broken?.isReading) this.close();
    // It reads no more, but what it sent before may still be on its way: that direction goes on to its own end.
    else if (broken !== undefined) await discard(from);
    // It fails if the peer has gone, which the other direction finds out.
    else await to.closeWrite().catch(() => {});
  }
}
