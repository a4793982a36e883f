/**
 * Connecting to a service.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { encodePreamble, type Preamble } from "../protocol/proxy_v2.ts";
import type { Admitted } from "./admission.ts";
import { close, writeAll } from "./connection.ts";
import type { Failover } from "./failover.ts";

/** A request to connect a guest to a service. */
export interface Call extends Admitted {
  /** The guest's address, as one number. */
  readonly guest: number;
  /** The guest's port. */
  readonly port: number;
  /** The service. */
  readonly endpoint: Endpoint;
  /** How long the service may take to accept, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long both directions may be idle, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** A stream whose service is to be dialled. */
export interface Dialing {
  /** The service, and how long it may take to accept. */
  readonly call: Call;
  /** When it was opened, from `performance.now()`. That is when the dial begins. */
  readonly openedAt: number;
  /** The two ends of the guest's connection. */
  readonly preamble: Preamble;
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
 * Connects to a service, and sends a PROXY header if the service expects one. The header is encoded again, so that
 * additional fields from an inner do not reach the service.
 *
 * @param stream The stream. Its service's counter is told how long the connect took.
 * @param failover Connects to a service that has several addresses.
 * @param signal Aborts the attempt.
 * @returns The connection.
 * @throws {Deno.errors.ConnectionRefused} If nothing listens, and any other error of a connect or a write.
 * @throws {AggregateError} If none of several addresses answers.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=` for its address and port.
 */
export async function dialService(
  stream: Dialing,
  failover: Failover,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const { endpoint, connectTimeoutMs, counter } = stream.call;
  const { remoteAddr, remotePort, backupAddrs, options } = endpoint;
  const service = backupAddrs === undefined
    ? await Deno.connect({ hostname: remoteAddr, port: remotePort, signal })
    : await failover.dial(endpoint, connectTimeoutMs, signal);
  counter.connected((performance.now() - stream.openedAt) / 1000);
  if (options?.proxyProtocol === undefined) return service;
  try {
    // With Nagle's algorithm, the bytes after the header would wait for its acknowledgement.
    service.setNoDelay(true);
    await writeAll(service, encodePreamble(stream.preamble));
    return service;
  } catch (error) {
    close(service);
    throw error;
  }
}
