/**
 * The guest-facing half. It listens at 169.254.16.9 inside a bridge's namespace and passes every connection to outer.
 * It knows no remote address.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { DEFAULT_LIMITS, type EndpointOptions, type Limits } from "../limits.ts";
import { type BridgeName, type BridgeNames, GUEST_ADDRESS, namesOf } from "../names.ts";
import { RESET } from "../protocol/frames.ts";
import { parseInnerRoutes } from "../protocol/routes.ts";
import { innerOf, type InnerRole } from "../role.ts";
import { acceptAll } from "./accept.ts";
import { close } from "./connection.ts";
import { ConnectionRates } from "./connection_rate.ts";
import type { Loaded, ProxyHalf } from "./daemon.ts";
import { Deadlines } from "./deadlines.ts";
import { describeEnd } from "./describe_end.ts";
import type { Guest, GuestChannel, GuestEnd, GuestOwner } from "./guest.ts";
import { guestShare } from "./guest_share.ts";
import { GuestString } from "./guest_string.ts";
import { Listeners } from "./listeners.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import { type Claim, Quotas } from "./quota.ts";
import { Stats } from "./stats.ts";
import { Streams } from "./streams.ts";

/**
 * How many connections may wait to be accepted. The kernel limits it to net.core.somaxconn, which is 4096 since Linux
 * 5.4.
 */
const BACKLOG = 4096;

const OF_BRIDGE = "tproxy_max_connections_per_bridge";

/** The inner proxy of one bridge. */
export class Inner implements ProxyHalf, GuestOwner {
  readonly role: InnerRole;
  readonly streams: Streams = new Streams();
  readonly stats: Stats = new Stats("guests");
  readonly quotas: Quotas = new Quotas();
  readonly #names: BridgeNames;
  readonly #string: GuestString;
  #limits: Limits = DEFAULT_LIMITS;
  #options: ReadonlyMap<number, EndpointOptions> = new Map();
  readonly #deadlines = new Deadlines();
  readonly #rates = new ConnectionRates();
  readonly #refusals = new RateLimitedLog((fields) =>
    log.warning("Refused a guest: too many streams, or too fast", fields)
  );
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
    this.#string = new GuestString({
      path: this.#names.socket,
      owner: this,
      deadlines: this.#deadlines,
      streams: this.streams,
      answerTimeoutMs: () => this.#limits.headerTimeoutMs,
    });
  }

  get listening(): number[] {
    return this.#listeners.keys;
  }

  async load(patienceMs = 0): Promise<Loaded> {
    const { debugLevel, limits, ports } = parseInnerRoutes(await Deno.readTextFile(this.role.routesFile));
    this.#limits = limits;
    this.#options = new Map(ports.map(({ servicePort, options = {} }) => [servicePort, options]));
    this.stats.keep((port) => this.#options.has(port));
    const notListening = await this.#listeners.follow(this.#options.keys(), patienceMs);
    return { debugLevel, limits, notListening };
  }

  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
    this.#string.retire();
  }

  #listen(port: number): Deno.TcpListener {
    // reusePort lets a successor listen beside its predecessor until that one has closed.
    const listener = Deno.listen({ hostname: GUEST_ADDRESS, port, reusePort: true, tcpBacklog: BACKLOG });
    const fields = { bridge: this.#names.bridge, port };
    void acceptAll(listener, (guest) => this.#admit(guest as Deno.TcpConn, port), fields);
    return listener;
  }

  #admit(guest: Deno.TcpConn, port: number): Promise<void> {
    const { hostname, port: remotePort } = guest.remoteAddr;
    const claims = this.#claims(hostname, port);
    const refused = this.#tooFast(hostname) ?? this.quotas.take(claims);
    const counter = this.stats.of(port);
    if (refused !== undefined) {
      close(guest);
      this.stats.refused(counter, refused.limit);
      this.#refusals.note(`${refused.limit} ${hostname} ${port}`, {
        bridge: this.#names.bridge,
        guest: hostname,
        port,
        limit: `:${refused.limit}:`,
        max: refused.max,
      });
      return Promise.resolve();
    }
    const { idleTimeoutMs = this.#limits.idleTimeoutMs } = this.#options.get(port) ?? {};
    this.stats.opened(counter);
    this.#string.bring({
      connection: guest,
      address: hostname,
      port: remotePort,
      servicePort: port,
      claims,
      counter,
      idleTimeoutMs,
    });
    return Promise.resolve();
  }

  /** Tells whether a guest opens connections faster than it may, and which limit says so. */
  #tooFast(guest: string): Pick<Claim, "limit" | "max"> | undefined {
    const max = this.#limits.connectionRatePerGuest;
    if (max === 0 || this.#rates.take(guest, max, performance.now())) return undefined;
    return { limit: "tproxy_connection_rate_per_guest", max };
  }

  #claims(guest: string, port: number): Claim[] {
    const { maxConnectionsPerBridge, maxConnectionsPerGuest } = this.#limits;
    const share = guestShare(this.#limits, this.quotas.taken("bridge"));
    const { maxConnections = Infinity, maxConnectionsPerGuest: ofPort = Infinity } = this.#options.get(port) ?? {};
    // Claims without a limit are counted too, since a reload may set one.
    return [
      { of: "bridge", max: maxConnectionsPerBridge, limit: OF_BRIDGE },
      {
        of: guest,
        max: share,
        limit: share < maxConnectionsPerGuest ? OF_BRIDGE : "tproxy_max_connections_per_guest",
      },
      { of: `port ${port}`, max: maxConnections, limit: "max_connections" },
      { of: `${guest} ${port}`, max: ofPort, limit: "max_connections_per_guest" },
    ];
  }

  opened(guest: Guest, channel?: GuestChannel): void {
    if (log.enabled("debug")) log.debug("Opened", this.#fields(guest, channel));
  }

  moved({ counter }: Guest, up: number, down: number): void {
    this.stats.moved(up, down);
    counter.moved(up, down);
  }

  ended(guest: Guest, { openedAt, channel, up, down, error, reason }: GuestEnd): void {
    if (reason === RESET.unreachable || reason === RESET.refused) {
      this.stats.failedWith("The outer proxy could not bring a guest to its service; its log says why");
    }
    if (log.enabled("debug")) {
      log.debug("Closed", { ...this.#fields(guest, channel), up, down, ...describeEnd(openedAt, error) });
    }
    this.#forget(guest);
  }

  failed(guest: Guest, error: unknown): void {
    this.stats.failedWith(`Cannot pass a guest on to the outer proxy: ${describe(error)}`);
    guest.counter.failed();
    this.#failures.note("", { ...this.#fields(guest), error: describe(error) });
    this.#forget(guest);
  }

  #forget({ connection, claims, counter }: Guest): void {
    this.streams.end(connection);
    counter.ended();
    this.quotas.giveBack(claims);
  }

  #fields({ address, port, servicePort }: Guest, channel?: GuestChannel): Readonly<Record<string, unknown>> {
    // Only a channel has an ID that both halves know.
    const stream = channel === undefined ? {} : { stream: channel.streamId };
    return { ...stream, bridge: this.#names.bridge, guest: `${address}:${port}`, port: servicePort };
  }
}
