/**
 * A plain stream to a service: a stream with a PROXY v2 header, from HAProxy or from an inner of version 0.1.0.
 *
 * @module
 */

import type { Preamble } from "../protocol/preamble.ts";
import type { Deadlines } from "./deadlines.ts";
import { relay } from "./relay.ts";
import { type Call, dialService, lateService, type ServiceEnd } from "./service.ts";

/** Who looks after it. */
export interface PlainOwner {
  /** Where its deadlines are kept. */
  readonly deadlines: Deadlines;
  /** Called when it has reached its service. */
  readonly opened: () => void;
  /** Called if its service could not be reached. */
  readonly failed: (error: unknown) => void;
  /** Called with the bytes that have come from the service, and gone to it. */
  readonly count: (fromService: number, toService: number) => void;
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
  { endpoint, connectTimeoutMs, idleTimeoutMs }: Call,
  { deadlines, opened, failed, count }: PlainOwner,
): Promise<ServiceEnd | undefined> {
  const dialing = new AbortController();
  const deadline = deadlines.within(connectTimeoutMs, () => dialing.abort(lateService(connectTimeoutMs)));
  let service: Deno.TcpConn;
  try {
    service = await dialService(endpoint, () => preamble, dialing.signal);
    service.setNoDelay(true);
    service.setKeepAlive(true);
  } catch (error) {
    failed(error);
    return undefined;
  } finally {
    deadline[Symbol.dispose]();
  }
  opened();
  const { fromPeer: down, toPeer: up, error } = await relay(service, connection, { deadlines, idleTimeoutMs, count });
  return { up, down, error };
}
