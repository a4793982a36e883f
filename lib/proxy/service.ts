/**
 * A stream to a service, which outer carries as a channel on a string.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { GUEST_ADDRESS } from "../names.ts";
import { FRAME, RESET, type ResetReason } from "../protocol/frames.ts";
import type { StreamInfo, StreamState } from "../protocol/control_answer.ts";
import { encodePreamble, type Preamble } from "../protocol/proxy_v2.ts";
import { type StreamId, streamId } from "../protocol/stream_id.ts";
import { Channel } from "./channel.ts";
import { close, writeAll } from "./connection.ts";
import { KILLED, type LiveStream, wallClock } from "./live_stream.ts";
import type { OuterMux } from "./outer_mux.ts";
import type { Failover } from "./failover.ts";
import type { Claim } from "./quota.ts";
import type { ServiceCounter } from "./service_counter.ts";

/** A request to connect a guest to a service. */
export interface Call {
  /** The guest's address, as one number. */
  readonly guest: number;
  /** The guest's port. */
  readonly port: number;
  /** The service. */
  readonly endpoint: Endpoint;
  /** The quotas that the stream takes. */
  readonly claims: readonly Claim[];
  /** What counts the service's streams. */
  readonly counter: ServiceCounter;
  /** How long the service may take to accept, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long both directions may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** How a stream has ended. */
export interface ServiceEnd {
  /** Bytes from the guest. */
  readonly up: number;
  /** Bytes to the guest. */
  readonly down: number;
  /** The error that ended it, if there was one. */
  readonly error: unknown;
}

/** The owner of streams to services. */
export interface ServiceOwner {
  /** Knows which addresses of services do not answer. */
  readonly failover: Failover;
  /** A stream has reached its service. */
  opened(channel: ServiceChannel): void;
  /** This many bytes have come from a guest, and gone to it. */
  moved(channel: ServiceChannel, up: number, down: number): void;
  /** A stream has ended. */
  ended(channel: ServiceChannel, end: ServiceEnd): void;
  /** A service could not be reached. */
  failed(channel: ServiceChannel, error: unknown): void;
}

/** A stream to a service as a channel on a string. */
export class ServiceChannel extends Channel implements LiveStream {
  /** What it is. */
  readonly call: Call;
  /** The address that has answered, if the service has several. */
  answeredBy: string | undefined;
  readonly #owner: ServiceOwner;
  readonly #dialing = new AbortController();

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
    let service: Deno.TcpConn | undefined;
    try {
      service = await dialService(this.call, this.#owner.failover, () => this.preamble, this.#dialing.signal);
    } catch (error) {
      if (this.isOver) return;
      this.#owner.failed(this, error);
      return this.reset(error, RESET.unreachable);
    }
    if (this.isOver) return close(service);
    this.timeoutMs = idleTimeoutMs;
    this.touch();
    if (endpoint.backupAddrs !== undefined) this.answeredBy = service.remoteAddr.hostname;
    this.#owner.opened(this);
    this.begin(service);
  }

  override missed(): void {
    if (this.hasBegun) return super.missed();
    this.#dialing.abort(lateService(this.timeoutMs));
  }

  override wantPromotion(): void {
    this.mux.writer.bare(FRAME.promote, this.id);
  }

  protected override count(fromPeer: number, toPeer: number): void {
    this.#owner.moved(this, toPeer, fromPeer);
  }

  protected override ended(error: unknown, _reason: ResetReason | undefined): void {
    if (!this.hasBegun) this.#dialing.abort();
    (this.mux as OuterMux).channelEnded(this);
    this.#owner.ended(this, { up: this.toPeer, down: this.fromPeer, error });
  }
}

/**
 * Creates the error for a service that did not accept in time.
 *
 * @param timeoutMs How long it had, in milliseconds.
 * @returns The error.
 */
export function lateService(timeoutMs: number): Error {
  return new Deno.errors.TimedOut(`it did not accept within ${timeoutMs / 1000} seconds`);
}

/**
 * Connects to a service, and sends a PROXY header if the service expects one.
 *
 * @param call The service, how long it may take to accept, and the counter of its connects.
 * @param failover Connects to a service that has several addresses.
 * @param preamble Returns the two ends of the guest's connection. The header is encoded again, so that additional
 * fields from an inner do not reach the service.
 * @param signal Aborts the attempt.
 * @returns The connection.
 * @throws {Deno.errors.ConnectionRefused} If nothing listens, and any other error of a connect or a write.
 * @throws {AggregateError} If none of several addresses answers.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=` for its address and port.
 */
export async function dialService(
  { endpoint, connectTimeoutMs, counter }: Pick<Call, "endpoint" | "connectTimeoutMs" | "counter">,
  failover: Failover,
  preamble: () => Preamble,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const { remoteAddr, remotePort, backupAddrs, options } = endpoint;
  const began = performance.now();
  const service = backupAddrs === undefined
    ? await Deno.connect({ hostname: remoteAddr, port: remotePort, signal })
    : await failover.dial(endpoint, connectTimeoutMs, signal);
  counter.connected((performance.now() - began) / 1000);
  if (options?.proxyProtocol === undefined) return service;
  try {
    // With Nagle's algorithm, the bytes after the header would wait for its acknowledgement.
    service.setNoDelay(true);
    await writeAll(service, encodePreamble(preamble()));
    return service;
  } catch (error) {
    close(service);
    throw error;
  }
}

/**
 * Writes an IPv4 address in dotted form.
 *
 * @param address The address, as one number.
 * @returns For example `192.168.150.10`.
 */
export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
}

/**
 * Reads an IPv4 address in dotted form.
 *
 * @param text For example `192.168.150.10`.
 * @returns The address, as one number.
 */
export function addressNumber(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
