/**
 * A plain stream to a service: a stream with a PROXY v2 header, from HAProxy or from an inner of version 0.1.0.
 *
 * @module
 */

import { remoteOf, remotesOf } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { StreamInfo } from "../protocol/control_answer.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import type { StreamId } from "../protocol/stream_id.ts";
import { close } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import { type Call, dialService, lateService } from "./dial_service.ts";
import type { Failover } from "./failover.ts";
import { KILLED, type LiveStream, wallClock } from "./live_stream.ts";
import { relay } from "./relay.ts";
import type { ServiceEvents, ServiceStream, StreamFields } from "./service_events.ts";

/** Who looks after it. */
export interface PlainOwner {
  /** Where its deadlines are kept. */
  readonly deadlines: Deadlines;
  /** Knows which addresses of services do not answer. */
  readonly failover: Failover;
  /** Is told what happens to it. */
  readonly events: ServiceEvents;
}

/** A plain stream. */
export class PlainStream implements LiveStream, ServiceStream {
  readonly openedAt: number = performance.now();
  hasBegun = false;
  /** The address of its service; of several the one that answered, once one has. */
  #remoteAddr: string;
  #isKilled = false;
  #movedAt = this.openedAt;
  #up = 0;
  #down = 0;

  /**
   * @param id Its ID.
   * @param bridge The bridge of its guest.
   * @param connection Its connection to the other proxy, after the preamble.
   * @param preamble The two ends of the guest's connection.
   * @param call The service and its timeouts.
   */
  constructor(
    readonly id: StreamId,
    readonly bridge: BridgeName,
    readonly connection: Deno.UnixConn,
    readonly preamble: Preamble,
    readonly call: Call,
  ) {
    this.#remoteAddr = call.endpoint.remoteAddr;
  }

  get fields(): StreamFields {
    const { id, bridge, preamble: { sourceAddr, sourcePort }, call: { endpoint } } = this;
    return {
      stream: id,
      bridge,
      guest: `${sourceAddr}:${sourcePort}`,
      port: endpoint.servicePort,
      remote: this.hasBegun ? remoteOf({ ...endpoint, remoteAddr: this.#remoteAddr }) : remotesOf(endpoint).join(" "),
    };
  }

  info(now: number): StreamInfo {
    const { id, bridge, preamble: { sourceAddr: guest, sourcePort: guestPort }, call: { endpoint } } = this;
    const { servicePort, remotePort } = endpoint;
    return {
      ...{ id, bridge, guest, guestPort, servicePort, remoteAddr: this.#remoteAddr, remotePort },
      since: wallClock(this.openedAt, now),
      idleMs: Math.max(0, Math.round(now - this.#movedAt)),
      up: this.#up,
      down: this.#down,
      state: this.hasBegun ? "open" : "connecting",
    };
  }

  kill(): void {
    this.#isKilled = true;
    close(this.connection);
  }

  /**
   * Dials the service and relays until both sides have ended.
   *
   * @param owner The owner of the stream.
   * @returns A promise that resolves when it has ended. It never throws.
   */
  async serve({ deadlines, failover, events }: PlainOwner): Promise<void> {
    const { connectTimeoutMs, idleTimeoutMs } = this.call;
    const dialing = new AbortController();
    const deadline = deadlines.within(connectTimeoutMs, () => dialing.abort(lateService(connectTimeoutMs)));
    let service: Deno.TcpConn;
    events.connecting(this);
    try {
      service = await dialService(this, failover, dialing.signal);
      service.setNoDelay(true);
      service.setKeepAlive(true);
    } catch (error) {
      return events.failed(this, error);
    } finally {
      deadline[Symbol.dispose]();
    }
    this.#remoteAddr = service.remoteAddr.hostname;
    this.hasBegun = true;
    events.opened(this);
    const count = (down: number, up: number) => {
      this.#up += up;
      this.#down += down;
      this.#movedAt = performance.now();
      events.moved(this, up, down);
    };
    const { fromPeer: down, toPeer: up, error } = await relay(service, this.connection, {
      deadlines,
      idleTimeoutMs,
      count,
    });
    events.closed(this, { up, down, error: this.#isKilled ? KILLED : error });
  }
}
