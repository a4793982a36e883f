/**
 * The probe's streams in inner. They go the way of a guest's stream to outer, and appear in no count, limit or log.
 *
 * WHY not without a limit: on a bridge that OpenNebula's own driver has set up, no rule keeps a guest from the probe's
 * address. A guest that takes it gets no service, and can't keep outer busy.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { PROBE_ADDRESS } from "../names.ts";
import { encodeProbeAnswer } from "../protocol/probe_answer.ts";
import { writeAll } from "./connection.ts";
import type { Guest, GuestOwner } from "./guest.ts";
import { ServiceCounter } from "./service_counter.ts";
import type { Streams } from "./streams.ts";

/** How many streams the probe may have at once. It tries out half as many services of a bridge. */
const MOST_PROBES = 64;

/** How long a stream still counts after its end, in milliseconds: there are not many in a second, either. */
const REST_MS = 1_000;

/** How long a stream may be idle, in milliseconds: longer than outer dials. */
const IDLE_MS = 10_000;

/** Looks after the probe's streams. */
export class ProbeGuests implements GuestOwner {
  readonly #streams: Streams;
  #taken = 0;

  /**
   * @param streams All streams of inner.
   */
  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /**
   * Admits a connection of the probe.
   *
   * @param connection The connection.
   * @param servicePort The port that it has connected to.
   * @returns The stream's guest; `undefined` if there are too many.
   */
  admit(connection: Deno.TcpConn, servicePort: number): Guest | undefined {
    if (this.#taken >= MOST_PROBES) return undefined;
    this.#taken++;
    this.#streams.probes++;
    return {
      connection,
      address: PROBE_ADDRESS,
      port: connection.remoteAddr.port,
      servicePort,
      quotas: [],
      // Nobody reads it.
      counter: new ServiceCounter(servicePort),
      idleTimeoutMs: IDLE_MS,
      owner: this,
    };
  }

  opened(): void {}

  moved(): void {}

  ended({ connection }: Guest): void {
    this.#streams.end(connection);
    this.#streams.probes--;
    setTimeout(() => this.#taken--, REST_MS);
  }

  failed(guest: Guest, error: unknown): void {
    const answer = encodeProbeAnswer({ from: "inner", attempts: [], ms: 0, error: describe(error) });
    // The probe may be gone; then nobody wants the answer.
    void writeAll(guest.connection, answer).catch(() => {}).finally(() => this.ended(guest));
  }
}
