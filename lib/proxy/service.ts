/**
 * A stream to a service, which outer carries as a channel on a string.
 *
 * @module
 */

import { remoteOf, remotesOf } from "../address.ts";
import { GUEST_ADDRESS } from "../names.ts";
import { FRAME, RESET, type ResetReason } from "../protocol/frames.ts";
import type { StreamInfo, StreamState } from "../protocol/control_answer.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import { type StreamId, streamId } from "../protocol/stream_id.ts";
import { dotted } from "./address_number.ts";
import { Channel } from "./channel.ts";
import { close } from "./connection.ts";
import { type Call, dialService, lateService } from "./dial_service.ts";
import type { Failover } from "./failover.ts";
import { KILLED, type LiveStream, wallClock } from "./live_stream.ts";
import type { OuterMux } from "./outer_mux.ts";
import type { ServiceEvents, ServiceStream, StreamFields } from "./service_events.ts";

/** The owner of streams to services. */
export interface ServiceOwner {
  /** Knows which addresses of services do not answer. */
  readonly failover: Failover;
  /** Is told what happens to streams. */
  readonly events: ServiceEvents;
  /** A stream has ended. */
  ended(channel: ServiceChannel): void;
}

/** A stream to a service as a channel on a string. */
export class ServiceChannel extends Channel implements LiveStream, ServiceStream {
  /** What it is. */
  readonly call: Call;
  /** The address that has answered, if the service has several. */
  answeredBy: string | undefined;
  readonly #owner: ServiceOwner;
  /** Aborts the dial while it is under way. A stream that lives on has no use for it. */
  #dialing: AbortController | undefined;

  /**
   * @param mux Its string.
   * @param id Its channel number.
   * @param call The guest, the service and its timeouts.
   * @param owner The owner of the stream.
   */
  constructor(mux: OuterMux, id: number, call: Call, owner: ServiceOwner) {
    super(mux, id, call.connectTimeoutMs);
    this.call = call;
    this.#owner = owner;
    mux.add(this);
  }

  /** The two ends of the guest's connection. */
  get preamble(): Preamble {
    const { guest, port, endpoint } = this.call;
    const sourceAddr = dotted(guest);
    return { sourceAddr, sourcePort: port, destinationAddr: GUEST_ADDRESS, destinationPort: endpoint.servicePort };
  }

  /** Its ID. */
  get streamId(): StreamId {
    return streamId((this.mux as OuterMux).number, this.id);
  }

  get fields(): StreamFields {
    const { guest, port, endpoint } = this.call;
    return {
      stream: this.streamId,
      bridge: (this.mux as OuterMux).bridge,
      guest: `${dotted(guest)}:${port}`,
      port: endpoint.servicePort,
      remote: this.answeredBy === undefined
        ? remotesOf(endpoint).join(" ")
        : remoteOf({ ...endpoint, remoteAddr: this.answeredBy }),
    };
  }

  info(now: number): StreamInfo {
    const { guest, port, endpoint } = this.call;
    return {
      id: this.streamId,
      bridge: (this.mux as OuterMux).bridge,
      guest: dotted(guest),
      guestPort: port,
      servicePort: endpoint.servicePort,
      remoteAddr: this.answeredBy ?? endpoint.remoteAddr,
      remotePort: endpoint.remotePort,
      since: wallClock(this.openedAt, now),
      idleMs: this.touched ? 0 : Math.max(0, Math.round(now - this.start)),
      up: this.toPeer,
      down: this.fromPeer,
      state: this.#state,
    };
  }

  get #state(): StreamState {
    if (!this.hasBegun) return "connecting";
    if (this.sender.hasSentFin) return "service-ended";
    return this.receiver.hasFin ? "guest-ended" : "open";
  }

  kill(): void {
    this.reset(KILLED, RESET.gone);
  }

  /** Dials the service and begins to carry bytes. It never throws. */
  async dial(): Promise<void> {
    const { endpoint, idleTimeoutMs } = this.call;
    this.#owner.events.connecting(this);
    const dialing = this.#dialing = new AbortController();
    let service: Deno.TcpConn | undefined;
    try {
      service = await dialService(this, this.#owner.failover, dialing.signal);
    } catch (error) {
      if (this.isOver) return;
      this.#owner.events.failed(this, error);
      return this.reset(error, RESET.unreachable);
    }
    if (this.isOver) return close(service);
    this.#dialing = undefined;
    this.timeoutMs = idleTimeoutMs;
    this.touch();
    if (endpoint.backupAddrs !== undefined) this.answeredBy = service.remoteAddr.hostname;
    this.#owner.events.opened(this);
    this.begin(service);
  }

  override missed(): void {
    if (this.hasBegun) return super.missed();
    this.#dialing?.abort(lateService(this.timeoutMs));
  }

  override wantPromotion(): void {
    this.mux.writer.bare(FRAME.promote, this.id);
  }

  protected override count(fromPeer: number, toPeer: number): void {
    this.#owner.events.moved(this, toPeer, fromPeer);
  }

  protected override ended(error: unknown, _reason: ResetReason | undefined): void {
    this.#dialing?.abort();
    (this.mux as OuterMux).channelEnded(this);
    this.#owner.events.closed(this, { up: this.toPeer, down: this.fromPeer, error });
    this.#owner.ended(this);
  }
}
