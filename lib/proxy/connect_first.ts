/**
 * Connecting to the first of several addresses that answers ("Happy Eyeballs", RFC 8305).
 *
 * @module
 */

import { describe } from "../errors.ts";
import { close } from "./connection.ts";

/** An address to connect to. */
export interface Attempt {
  /** The IPv4 address. */
  readonly address: string;
  /** The address and the port, for messages. */
  readonly remote: string;
  /** How long it has to answer before the next one is dialled as well, in milliseconds. */
  readonly delayMs: number;
}

/** How to connect, and who is told what becomes of it. */
export interface ConnectFirstOptions {
  /** Aborts all attempts. */
  readonly signal: AbortSignal;
  /** Connects to an address. */
  readonly connect: (attempt: Attempt, signal: AbortSignal) => Promise<Deno.TcpConn>;
  /** Called with the attempt whose connection is returned. */
  readonly onAnswer: (attempt: Attempt) => void;
  /** Called with each attempt that failed, or was dialled before the one that answered and did not answer. */
  readonly onFailure: (attempt: Attempt, error: unknown) => void;
}

/**
 * Connects to the first address that answers. The next address is dialled when the one before has failed, or has not
 * answered for its delay and still may.
 *
 * @param attempts The addresses, in the order in which they are dialled; at least one.
 * @param options How to connect, and who is told.
 * @returns The connection. All other attempts are aborted.
 * @throws {AggregateError} If no address answers, or the signal is aborted: with a reason for each that was dialled.
 */
export function connectFirst(
  attempts: readonly Attempt[],
  { signal, connect, onAnswer, onFailure }: ConnectFirstOptions,
): Promise<Deno.TcpConn> {
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  const others = new AbortController();
  const either = AbortSignal.any([signal, others.signal]);
  const open = new Set<Attempt>();
  const errors: unknown[] = [];
  const reasons: string[] = [];
  let next = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const dialNext = () => {
    clearTimeout(timer);
    const attempt = attempts[next];
    if (attempt === undefined || either.aborted) return;
    next++;
    open.add(attempt);
    connect(attempt, either).then((connection) => won(attempt, connection), (error) => lost(attempt, error));
    if (next < attempts.length) timer = setTimeout(dialNext, attempt.delayMs);
  };

  const won = (attempt: Attempt, connection: Deno.TcpConn) => {
    // Two may answer in the same instant.
    if (others.signal.aborted) return close(connection);
    clearTimeout(timer);
    open.delete(attempt);
    onAnswer(attempt);
    const before = attempts.slice(0, attempts.indexOf(attempt));
    for (const slow of before.filter((other) => open.has(other))) {
      onFailure(slow, new Deno.errors.TimedOut(`it did not accept within ${slow.delayMs / 1000} seconds`));
    }
    others.abort();
    resolve(connection);
  };

  const lost = (attempt: Attempt, error: unknown) => {
    if (others.signal.aborted) return;
    open.delete(attempt);
    errors.push(error);
    reasons.push(`${attempt.remote}: ${describe(error)}`);
    // A guest that gives up says nothing about the service.
    if (!signal.aborted || signal.reason instanceof Deno.errors.TimedOut) onFailure(attempt, error);
    dialNext();
    if (open.size === 0) reject(new AggregateError(errors, reasons.join("; ")));
  };

  dialNext();
  if (open.size === 0) reject(signal.reason);
  return promise;
}
