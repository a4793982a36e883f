/**
 * A guest's stream, as inner carries it: as a channel on the string, or on a connection of its own.
 *
 * @module
 */

import type { ResetReason } from "../protocol/frames.ts";
import { type StreamId, streamId } from "../protocol/stream_id.ts";
import type { Admitted } from "./admission.ts";
import { Channel } from "./channel.ts";
import { LOST } from "./mux.ts";
import type { InnerMux } from "./inner_mux.ts";
import type { Promoter } from "./promoter.ts";

/** A guest's connection. */
export interface Guest extends Admitted {
  /** The connection. */
  readonly connection: Deno.TcpConn;
  /** The guest's address. */
  readonly address: string;
  /** The guest's port. */
  readonly port: number;
  /** The service port. */
  readonly servicePort: number;
  /** How long both directions may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** The owner of its stream. */
  readonly owner: GuestOwner;
}

/** How a stream has ended. */
export interface GuestEnd {
  /** When it was opened, from `performance.now()`. */
  readonly openedAt: number;
  /** The channel that it was, if it had no connection of its own. */
  readonly channel?: GuestChannel;
  /** Bytes from the guest. */
  readonly up: number;
  /** Bytes to the guest. */
  readonly down: number;
  /** The error that ended it, if there was one. */
  readonly error: unknown;
  /** The reason that outer gave, if outer has ended it. */
  readonly reason?: ResetReason | undefined;
}

/** The owner of guests' streams. */
export interface GuestOwner {
  /** A guest's stream has been opened, as a channel on the string or on a connection of its own. */
  opened(guest: Guest, channel?: GuestChannel): void;
  /** This many bytes have come from a guest, and gone to it. */
  moved(guest: Guest, up: number, down: number): void;
  /** A guest's stream has ended. */
  ended(guest: Guest, end: GuestEnd): void;
  /** A guest could not be connected to outer. */
  failed(guest: Guest, error: unknown): void;
}

/** A guest's stream as a channel on the string. */
export class GuestChannel extends Channel {
  readonly #guest: Guest;
  readonly #promoter: Promoter;

  /**
   * Opens the channel.
   *
   * @param mux Its string, which accepts streams.
   * @param guest The guest.
   * @param promoter Opens a connection of its own for the stream if it is a large one.
   */
  constructor(mux: InnerMux, guest: Guest, promoter: Promoter) {
    super(mux, mux.nextChannel(), guest.idleTimeoutMs);
    this.#guest = guest;
    this.#promoter = promoter;
    mux.writer.open(this.id, guest);
    mux.add(this);
    this.begin(guest.connection);
  }

  /** Its ID. */
  get streamId(): StreamId {
    return streamId((this.mux as InnerMux).number, this.id);
  }

  override wantPromotion(): void {
    if (!this.isPromoting) this.#promoter.promote(this, this.#guest);
  }

  protected override count(fromPeer: number, toPeer: number): void {
    this.#guest.owner.moved(this.#guest, fromPeer, toPeer);
  }

  protected override ended(error: unknown, reason: ResetReason | undefined): void {
    if (this.bulk !== undefined) this.#promoter.giveBack(this.#guest);
    // Outer may have ended before it received the OPEN of this guest.
    if (error === LOST && this.toPeer === 0) return this.#guest.owner.failed(this.#guest, error);
    const { openedAt, fromPeer: up, toPeer: down } = this;
    this.#guest.owner.ended(this.#guest, { openedAt, channel: this, up, down, error, reason });
  }
}
