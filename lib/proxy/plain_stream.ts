/**
 * A plain stream to a service: a stream with a PROXY v2 header, from HAProxy or from an inner of version 0.1.0.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import type { StreamInfo } from "../protocol/control_answer.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import type { StreamId } from "../protocol/stream_id.ts";
import { close } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Failover } from "./failover.ts";
import { type LiveStream, wallClock } from "./live_stream.ts";
import { relay } from "./relay.ts";
import { type Call, dialService, lateService, type ServiceEnd } from "./service.ts";

/** Who looks after it. */
export interface PlainOwner {
  /** Where its deadlines are kept. */
  readonly deadlines: Deadlines;
  /** Knows which addresses of services do not answer. */
  readonly failover: Failover;
  /** Called with the address that answers, when it has reached its service. */
  readonly opened: (remoteAddr: string) => void;
  /** Called if its service could not be reached. */
  readonly failed: (error: unknown) => void;
  /** Called with the bytes that have come from the service, and gone to it. */
  readonly count: (fromService: number, toService: number) => void;
}

/** A plain stream, as root asks for it. */
export class PlainStream implements LiveStream {
  /** When it was opened, from `performance.now()`. */
  readonly openedAt: number = performance.now();
  /** Whether it has reached its service. */
  hasBegun = false;
  /** The address of its service; of several the one that answered, once one has. */
  remoteAddr: string;
  /** Whether root has killed it. */
  isKilled = false;
  #movedAt = this.openedAt;
  #up = 0;
  #down = 0;

  /**
   * @param id Its ID.
   * @param bridge The bridge of its guest.
   * @param connection Its connection to the other proxy.
   * @param preamble The two ends of the guest's connection.
   * @param endpoint Its service.
   */
  constructor(
    readonly id: StreamId,
    readonly bridge: BridgeName,
    readonly connection: Disposable,
    readonly preamble: Preamble,
    readonly endpoint: Endpoint,
  ) {
    this.remoteAddr = endpoint.remoteAddr;
  }

  /** Counts bytes that were carried. */
  moved(up: number, down: number): void {
    this.#up += up;
    this.#down += down;
    this.#movedAt = performance.now();
  }

  info(now: number): StreamInfo {
    const { id, bridge, preamble: { sourceAddr: guest, sourcePort: guestPort }, endpoint, remoteAddr } = this;
    const { servicePort, remotePort } = endpoint;
    return {
      ...{ id, bridge, guest, guestPort, servicePort, remoteAddr, remotePort },
      since: wallClock(this.openedAt, now),
      idleMs: Math.max(0, Math.round(now - this.#movedAt)),
      up: this.#up,
      down: this.#down,
      state: this.hasBegun ? "open" : "connecting",
    };
  }

  kill(): void {
    this.isKilled = true;
    close(this.connection);
  }
}

/**
 * Dials the service and relays until both sides have ended.
 *
 * @param connection The stream, after its preamble.
 * @param preamble The two ends of the guest's connection.
 * @param call The service and its timeouts.
 * @param owner The owner of the stream.
 * @returns How it ended; `undefined` if the service could not be reached. It never throws.
 */
export async function servePlain(
  connection: Deno.UnixConn,
  preamble: Preamble,
  call: Call,
  { deadlines, failover, opened, failed, count }: PlainOwner,
): Promise<ServiceEnd | undefined> {
  const { connectTimeoutMs, idleTimeoutMs } = call;
  const dialing = new AbortController();
  const deadline = deadlines.within(connectTimeoutMs, () => dialing.abort(lateService(connectTimeoutMs)));
  let service: Deno.TcpConn;
  try {
    service = await dialService(call, failover, () => preamble, dialing.signal);
    service.setNoDelay(true);
    service.setKeepAlive(true);
  } catch (error) {
    failed(error);
    return undefined;
  } finally {
    deadline[Symbol.dispose]();
  }
  opened(service.remoteAddr.hostname);
  const { fromPeer: down, toPeer: up, error } = await relay(service, connection, { deadlines, idleTimeoutMs, count });
  return { up, down, error };
}
