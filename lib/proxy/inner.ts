/**
 * The guest-facing half. It listens at 169.254.16.9 inside a bridge's namespace and passes every connection to outer.
 * It knows no remote address.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { type BridgeName, GUEST_ADDRESS, PROBE_ADDRESS } from "../names.ts";
import { type BridgeNames, namesOf } from "../names_of.ts";
import { RESET } from "../protocol/frames.ts";
import { parseInnerRoutes } from "../protocol/parse_routes.ts";
import { innerOf, type InnerRole } from "../role.ts";
import { acceptAll } from "./accept.ts";
import { addressNumber } from "./address_number.ts";
import { close } from "./connection.ts";
import type { Loaded, ProxyHalf } from "./daemon.ts";
import { Deadlines } from "./deadlines.ts";
import { describeEnd } from "./describe_end.ts";
import type { Guest, GuestChannel, GuestEnd, GuestOwner } from "./guest.ts";
import { GuestAdmission } from "./guest_admission.ts";
import { GuestString } from "./guest_string.ts";
import { Listeners } from "./listeners.ts";
import { ProbeGuests } from "./probe_guests.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import type { Quotas } from "./quota.ts";
import { Stats } from "./stats.ts";
import { Streams } from "./streams.ts";
import { Traces } from "./traces.ts";

/**
 * How many connections may wait to be accepted. The kernel limits it to net.core.somaxconn, which is 4096 since Linux
 * 5.4.
 */
const BACKLOG = 4096;

/** The inner proxy of one bridge. */
export class Inner implements ProxyHalf, GuestOwner {
  readonly role: InnerRole;
  readonly streams: Streams = new Streams();
  readonly stats: Stats = new Stats("guests");
  readonly #names: BridgeNames;
  readonly #admission: GuestAdmission;
  readonly #traces = new Traces();
  readonly #probes = new ProbeGuests(this.streams);
  readonly #string: GuestString;
  readonly #failures = new RateLimitedLog((fields) => log.error("Cannot pass the guest on to the outer proxy", fields));
  readonly #listeners = new Listeners<number>((port) => Promise.resolve(this.#listen(port)));

  /**
   * Creates the proxy. It serves nothing before `load()`.
   *
   * @param bridge The bridge whose guests it serves.
   */
  constructor(bridge: BridgeName) {
    this.role = innerOf(bridge);
    this.#names = namesOf(bridge);
    this.#admission = new GuestAdmission(bridge, this.stats, this);
    this.#string = new GuestString({
      path: this.#names.socket,
      deadlines: new Deadlines(),
      streams: this.streams,
      traces: this.#traces,
      answerTimeoutMs: () => this.#admission.limits.headerTimeoutMs,
    });
  }

  get quotas(): Quotas {
    return this.#admission.quotas;
  }

  get listening(): number[] {
    return this.#listeners.keys;
  }

  async load(patienceMs = 0): Promise<Loaded> {
    const routes = parseInnerRoutes(await Deno.readTextFile(this.role.routesFile));
    this.#admission.follow(routes);
    const notListening = await this.#listeners.follow(this.#admission.ports, patienceMs);
    return { debugLevel: routes.debugLevel, limits: routes.limits, notListening };
  }

  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
    this.#string.retire();
  }

  #listen(port: number): Deno.TcpListener {
    // reusePort lets a successor listen beside its predecessor until that one has closed.
    const listener = Deno.listen({ hostname: GUEST_ADDRESS, port, reusePort: true, tcpBacklog: BACKLOG });
    const fields = { bridge: this.#names.bridge, port };
    void acceptAll(listener, (guest) => this.#serve(guest as Deno.TcpConn, port), fields);
    return listener;
  }

  #serve(connection: Deno.TcpConn, port: number): Promise<void> {
    const admission = connection.remoteAddr.hostname === PROBE_ADDRESS ? this.#probes : this.#admission;
    const guest = admission.admit(connection, port);
    if (guest === undefined) close(connection);
    else this.#string.bring(guest);
    return Promise.resolve();
  }

  opened(guest: Guest, channel?: GuestChannel): void {
    if (this.#isLogged(guest)) log.always("Opened", this.#fields(guest, channel));
  }

  moved({ counter }: Guest, up: number, down: number): void {
    this.stats.moved(up, down);
    counter.moved(up, down);
  }

  ended(guest: Guest, { openedAt, channel, up, down, error, reason }: GuestEnd): void {
    if (reason === RESET.unreachable || reason === RESET.refused) {
      this.stats.failedWith("The outer proxy could not bring a guest to its service; its log says why");
    }
    if (this.#isLogged(guest)) {
      log.always("Closed", { ...this.#fields(guest, channel), up, down, ...describeEnd(openedAt, error) });
    }
    // A channel has closed its connection.
    if (channel === undefined) this.streams.end(guest.connection);
    this.#admission.ended(guest);
  }

  failed(guest: Guest, error: unknown): void {
    this.stats.failedWith(`Cannot pass a guest on to the outer proxy: ${describe(error)}`);
    guest.counter.failed();
    this.#failures.note("", { ...this.#fields(guest), error: describe(error) });
    this.streams.end(guest.connection);
    this.#admission.ended(guest);
  }

  /** Tells whether a guest's streams are logged now. */
  #isLogged({ address }: Guest): boolean {
    return log.enabled("debug") || !this.#traces.isEmpty && this.#traces.has(addressNumber(address));
  }

  #fields({ address, port, servicePort }: Guest, channel?: GuestChannel): Readonly<Record<string, unknown>> {
    // Only a channel has an ID that both halves know.
    const stream = channel === undefined ? {} : { stream: channel.streamId };
    return { ...stream, bridge: this.#names.bridge, guest: `${address}:${port}`, port: servicePort };
  }
}
