/**
 * A guest's connection, as inner carries it: as a channel on the string, or by itself.
 *
 * @module
 */

import type { ResetReason } from "../protocol/frames.ts";
import type { Claim } from "./quota.ts";
import { Channel } from "./channel.ts";
import { LOST } from "./mux.ts";
import type { InnerMux, Promotable } from "./inner_mux.ts";

/** A guest's connection. */
export interface Guest {
  /** The connection. */
  readonly connection: Deno.TcpConn;
  /** The guest's address. */
  readonly address: string;
  /** The guest's port. */
  readonly port: number;
  /** The port that it has called. */
  readonly servicePort: number;
  /** What its stream takes of the limits. */
  readonly claims: readonly Claim[];
  /** How long it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** How a stream has ended. */
export interface GuestEnd {
  /** Bytes from the guest. */
  readonly up: number;
  /** Bytes to the guest. */
  readonly down: number;
  /** What broke it, if anything did. */
  readonly error: unknown;
  /** What outer says of it, if outer has ended it. */
  readonly reason?: ResetReason | undefined;
}

/** Who looks after guests' streams. */
export interface GuestOwner {
  /** A guest's stream is carried. */
  opened(guest: Guest): void;
  /** So many bytes have come from guests, and gone to them. */
  moved(up: number, down: number): void;
  /** A guest's stream has ended. */
  ended(guest: Guest, end: GuestEnd): void;
  /** A guest could not be brought to outer. */
  failed(guest: Guest, error: unknown): void;
}

/** A guest's stream as a channel on the string. */
export class GuestChannel extends Channel implements Promotable {
  readonly #guest: Guest;
  readonly #owner: GuestOwner;
  readonly #promote: (channel: GuestChannel, guest: Guest) => void;
  readonly #unpromote: (guest: Guest) => void;

  /**
   * Opens the channel.
   *
   * @param mux Its string, which takes streams.
   * @param guest The guest.
   * @param owner Who looks after it.
   * @param promote Has a connection of its own made for it.
   * @param unpromote Is told when that is needed no more.
   */
  constructor(
    mux: InnerMux,
    guest: Guest,
    owner: GuestOwner,
    promote: (channel: GuestChannel, guest: Guest) => void,
    unpromote: (guest: Guest) => void,
  ) {
    super(mux, mux.nextChannel(), guest.idleTimeoutMs);
    this.#guest = guest;
    this.#owner = owner;
    this.#promote = promote;
    this.#unpromote = unpromote;
    mux.writer.open(this.id, guest);
    mux.add(this);
    this.begin(guest.connection);
  }

  /** See {@linkcode Promotable}. */
  promote(): void {
    if (!this.isPromoting) this.#promote(this, this.#guest);
  }

  /** See {@linkcode Channel}. */
  override wantPromotion(): void {
    this.promote();
  }

  /** See {@linkcode Channel}. */
  protected override count(fromPeer: number, toPeer: number): void {
    this.#owner.moved(fromPeer, toPeer);
  }

  /** See {@linkcode Channel}. */
  protected override ended(error: unknown, reason: ResetReason | undefined): void {
    if (this.bulk !== undefined) this.#unpromote(this.#guest);
    // Outer may have ended before it got to know of this guest.
    if (error === LOST && this.toPeer === 0) return this.#owner.failed(this.#guest, error);
    this.#owner.ended(this.#guest, { up: this.fromPeer, down: this.toPeer, error, reason });
  }
}
