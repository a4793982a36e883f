/**
 * What happens to streams to services: it is counted, and logged for those who look after them.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import type { StreamId } from "../protocol/stream_id.ts";
import { addressNumber, dotted } from "./address_number.ts";
import { describeEnd } from "./describe_end.ts";
import type { Dialing } from "./dial_service.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import type { Stats } from "./stats.ts";
import { Traces } from "./traces.ts";

/** The fields to log with a stream. */
export interface StreamFields extends Readonly<Record<string, unknown>> {
  /** Its ID. */
  readonly stream: StreamId;
  /** The bridge of its guest. */
  readonly bridge: BridgeName;
  /** The guest's address and port. */
  readonly guest: string;
  /** The service port. */
  readonly port: number;
  /** The service: all its addresses, or the one that has answered. */
  readonly remote: string;
}

/** A stream to a service, of either kind. */
export interface ServiceStream extends Dialing {
  /** Whether it has reached its service. */
  readonly hasBegun: boolean;
  /** The fields to log with it. */
  readonly fields: StreamFields;
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

/** Counts and logs what happens. */
export class ServiceEvents {
  readonly #stats: Stats;
  readonly #traces = new Traces();
  readonly #failures = new RateLimitedLog((fields) => log.error("Cannot reach the service", fields));
  readonly #unserved = new RateLimitedLog((fields) =>
    log.warning("Refused a guest: its network has no such service", fields)
  );

  /** @param stats Counts the streams of all services. */
  constructor(stats: Stats) {
    this.#stats = stats;
  }

  /**
   * Logs the streams of a guest for a time, whatever the debug level is.
   *
   * @param guest The guest's address.
   * @param seconds For how long.
   */
  trace(guest: string, seconds: number): void {
    this.#traces.add(addressNumber(guest), performance.now() + seconds * 1000);
    log.info("Logging a guest's streams for a time", { guest, seconds });
  }

  /** The guests that are traced now, each with the seconds that are left. */
  get traced(): Iterable<readonly [guest: number, seconds: number]> {
    return this.#traces.left();
  }

  /** A guest has asked for a port that no service of its network has. */
  unserved(bridge: BridgeName, guest: number, guestPort: number, port: number): void {
    this.#stats.opened(undefined);
    this.#stats.failedWith(`The network of ${bridge} has no service on port ${port}`);
    this.#unserved.note(`${bridge} ${port}`, { bridge, guest: `${dotted(guest)}:${guestPort}`, port });
  }

  /** A service is about to be dialled. */
  connecting(stream: ServiceStream): void {
    if (this.#traces.has(stream.call.guest)) log.always("Connecting", stream.fields);
  }

  /** A stream has reached its service. */
  opened(stream: ServiceStream): void {
    if (this.#isLogged(stream.call.guest)) log.always("Opened", stream.fields);
  }

  /** This many bytes have come from a guest, and gone to it. */
  moved({ call: { counter } }: ServiceStream, up: number, down: number): void {
    this.#stats.moved(down, up);
    counter.moved(up, down);
  }

  /** A service could not be reached. */
  failed({ call: { counter }, fields }: ServiceStream, error: unknown): void {
    counter.failed();
    const { bridge, port, remote } = fields;
    this.#stats.failedWith(`Cannot reach ${remote}: ${describe(error)}`);
    this.#failures.note(`${bridge} ${port} ${remote}`, { ...fields, error: describe(error) });
  }

  /** A stream has ended. One that has not reached its service is in the log with an error already. */
  closed(stream: ServiceStream, { up, down, error }: ServiceEnd): void {
    const { call: { guest }, hasBegun, openedAt } = stream;
    if (hasBegun ? this.#isLogged(guest) : this.#traces.has(guest)) {
      log.always("Closed", { ...stream.fields, up, down, ...describeEnd(openedAt, error) });
    }
  }

  /** Tells whether a guest's streams are logged now. */
  #isLogged(guest: number): boolean {
    return log.enabled("debug") || this.#traces.has(guest);
  }
}
