/**
 * Failover: which address of a service is dialled if it has several, as front-ends in high availability without a virtual
 * address have. The first one that answers is preferred. One that does not answer is tried after the others for a while.
 *
 * @module
 */

import { addressesOf, type Endpoint, remoteOf } from "../address.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { type Attempt, connectFirst } from "./connect_first.ts";

/** How long an address that does not answer is tried after the others, in milliseconds. Then one stream tries it again. */
export const RETRY_MS = 10_000;

/**
 * How long an address has to answer before the next one is dialled as well, in milliseconds. The kernel repeats a lost SYN
 * after a second, so one lost packet does not move a service.
 */
const ATTEMPT_DELAY_MS = 2_000;

/** The same for an address that did not answer before: a guest waits, and another address answers. (RFC 8305, section 8) */
const RETRY_DELAY_MS = 250;

/** A service with several addresses. */
type Service = Pick<Endpoint, "remoteAddr" | "remotePort" | "backupAddrs">;

/** Knows which addresses do not answer. All bridges share it, since they have the same front-ends. */
export class Failover {
  readonly #connect: (options: Deno.ConnectOptions) => Promise<Deno.TcpConn>;
  readonly #now: () => number;
  /** When each remote that does not answer is preferred again. */
  readonly #retryAt = new Map<string, number>();

  /**
   * @param connect Connects to an address and port; `Deno.connect` by default.
   * @param now Tells the time in milliseconds.
   */
  constructor(
    connect: (options: Deno.ConnectOptions) => Promise<Deno.TcpConn> = Deno.connect,
    now: () => number = () => performance.now(),
  ) {
    this.#connect = connect;
    this.#now = now;
  }

  /** The remotes that did not answer when they were tried last, in the order in which they failed. */
  get unanswered(): string[] {
    return [...this.#retryAt.keys()];
  }

  /**
   * Connects to the first address of a service that answers.
   *
   * @param service The service.
   * @param timeoutMs How long it may take, in milliseconds. The caller keeps to it, by `signal`; each address gets its
   * share of it.
   * @param signal Aborts all attempts. If its reason is a timeout, the addresses that were dialled count as ones that do
   * not answer.
   * @returns The connection.
   * @throws {AggregateError} If no address answers, with a reason for each; a missing `--allow-net=` is one.
   */
  async dial(service: Service, timeoutMs: number, signal: AbortSignal): Promise<Deno.TcpConn> {
    return await connectFirst(this.#attempts(service, timeoutMs), {
      signal,
      connect: ({ address }, signal) => this.#connect({ hostname: address, port: service.remotePort, signal }),
      onAnswer: ({ remote }) => this.#answered(remote),
      onFailure: ({ remote }, error) => this.#failed(remote, error),
    });
  }

  /**
   * Forgets remotes that are not dialled any more.
   *
   * @param remotes Those that are.
   */
  keepOnly(remotes: ReadonlySet<string>): void {
    for (const remote of this.#retryAt.keys()) if (!remotes.has(remote)) this.#retryAt.delete(remote);
  }

  #attempts(service: Service, timeoutMs: number): Attempt[] {
    const now = this.#now();
    const addresses = addressesOf(service);
    const attempts = addresses.map((address) => {
      const remote = remoteOf({ ...service, remoteAddr: address });
      const retryAt = this.#retryAt.get(remote);
      const delayMs = Math.min(retryAt === undefined ? ATTEMPT_DELAY_MS : RETRY_DELAY_MS, timeoutMs / addresses.length);
      return { address, remote, delayMs, isLast: retryAt !== undefined && retryAt > now };
    });
    const inOrder = [...attempts.filter(({ isLast }) => !isLast), ...attempts.filter(({ isLast }) => isLast)];
    const first = inOrder[0]?.remote ?? "";
    // Only this stream tries it again: no other one waits for it before it has answered.
    if (this.#retryAt.has(first)) this.#retryAt.set(first, now + RETRY_MS);
    return inOrder;
  }

  #answered(remote: string): void {
    if (this.#retryAt.delete(remote)) log.info("An address of a service answers again", { remote });
  }

  #failed(remote: string, error: unknown): void {
    const isKnown = this.#retryAt.has(remote);
    this.#retryAt.set(remote, this.#now() + RETRY_MS);
    if (isKnown) return;
    log.warning("An address of a service does not answer; the others are tried first", {
      remote,
      error: describe(error),
    });
  }
}
