/**
 * Relaying a plain stream, which has a connection of its own from its first byte to its last. One of the two proxies
 * does not know the frames of the string.
 *
 * @module
 */

import { takeBuffer } from "./buffers.ts";
import { close, type Duplex } from "./connection.ts";
import { copy, discard } from "./copy.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";

/** The result of a relay. */
export interface RelayResult {
  /** Bytes from the peer to the string. */
  readonly fromPeer: number;
  /** Bytes from the string to the peer. */
  readonly toPeer: number;
  /** The error that ended a direction early, if there was one. */
  readonly error: unknown;
}

/** The deadline and the counter of a relay. */
export interface RelayOptions {
  /** Where its deadline is kept. */
  readonly deadlines: Deadlines;
  /** How long both directions may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Counts bytes as they pass. */
  readonly count?: (fromPeer: number, toPeer: number) => void;
}

/**
 * Relays bytes in both directions until both have ended, and closes both connections. Each direction ends for itself
 * (RFC 9293, 3.6).
 *
 * @param peer The guest or the service. The caller must not use it afterwards.
 * @param string The connection to the other proxy. The caller must not use it afterwards.
 * @param options The deadline and the counter.
 * @returns The result. It never throws: an error of a peer is part of the result.
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
    // The last direction needs no FIN, since closing the connection sends one. Deno can't pass a reset on, so after a
    // failed read both connections are closed at once.
    if (this.#open === 0 || broken?.isReading) this.close();
    // The receiver takes no more, but bytes that it has sent may still be under way. The other direction goes on to its
    // own end.
    else if (broken !== undefined) await discard(from);
    // closeWrite() fails if the peer has gone. The other direction reports that.
    else await to.closeWrite().catch(() => {});
  }
}
