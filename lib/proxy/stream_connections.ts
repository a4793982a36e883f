/**
 * The connections of one half of a stream, the bytes that have passed, and the deadline for the next ones.
 *
 * @module
 */

import { close, type Duplex, type TcpDuplex } from "./connection.ts";
import { Deadline } from "./deadlines.ts";

/** The connections of one half of a stream. */
export abstract class StreamConnections extends Deadline {
  /** The guest, or the service; `undefined` before there is one. */
  protected peer: TcpDuplex | undefined;
  /** The stream's connection of its own to the other half, if it has one. */
  bulk: Duplex | undefined;
  /** Bytes from the peer, and to it. */
  fromPeer = 0;
  toPeer = 0;
  #hasKeepAlive = false;

  /** Counts bytes that were brought from the peer to the other half, or the other way. */
  protected abstract count(fromPeer: number, toPeer: number): void;

  /** Whether it has a peer. */
  get hasBegun(): boolean {
    return this.peer !== undefined;
  }

  /** Bytes have been brought from the peer to the other half, or the other way. */
  moved(fromPeer: number, toPeer: number): void {
    this.fromPeer += fromPeer;
    this.toPeer += toPeer;
    this.count(fromPeer, toPeer);
  }

  /** Sets keepalive, once: streams that are over in an instant have no need of it. */
  override look(): void {
    if (this.#hasKeepAlive || this.peer === undefined) return;
    try {
      this.peer.setKeepAlive(true);
      this.#hasKeepAlive = true;
    } catch {
      // Deno can't while both a read and a write are under way. One of the next times they are not, or the write is
      // stuck, and then the kernel gives the peer up without keepalive.
    }
  }

  /** Closes both connections. */
  protected close(): void {
    if (this.peer !== undefined) close(this.peer);
    if (this.bulk !== undefined) close(this.bulk);
  }
}
