/**
 * Which guests inner takes: those within the limits of their bridge, their address and the port.
 *
 * @module
 */

import type { EndpointOptions } from "../limits.ts";
import type { BridgeName } from "../names.ts";
import type { InnerRoutes } from "../protocol/routes.ts";
import { Admission } from "./admission.ts";
import { ConnectionRates } from "./connection_rate.ts";
import type { Guest, GuestOwner } from "./guest.ts";
import { guestShare } from "./guest_share.ts";
import type { Quota } from "./quota.ts";
import type { Stats } from "./stats.ts";

const OF_BRIDGE = "tproxy_max_connections_per_bridge";

/** Admits the streams of a bridge's guests. */
export class GuestAdmission extends Admission {
  readonly #bridge: BridgeName;
  readonly #owner: GuestOwner;
  readonly #rates = new ConnectionRates();
  #options: ReadonlyMap<number, EndpointOptions> = new Map();

  /**
   * @param bridge The bridge.
   * @param stats What counts the streams.
   * @param owner The owner of the streams.
   */
  constructor(bridge: BridgeName, stats: Stats, owner: GuestOwner) {
    super(stats, "Refused a guest: too many streams, or too fast");
    this.#bridge = bridge;
    this.#owner = owner;
  }

  /** The ports that guests may connect to. */
  get ports(): Iterable<number> {
    return this.#options.keys();
  }

  /**
   * Follows ports and limits that were read.
   *
   * @param routes The ports and limits.
   */
  follow({ limits, ports }: InnerRoutes): void {
    this.limits = limits;
    this.#options = new Map(ports.map(({ servicePort, options = {} }) => [servicePort, options]));
    this.stats.keep((port) => this.#options.has(port));
  }

  /**
   * Admits a guest's connection.
   *
   * @param connection The connection.
   * @param servicePort The port that it has connected to.
   * @returns The guest, to be given to `ended()`; `undefined` if a limit is reached.
   */
  admit(connection: Deno.TcpConn, servicePort: number): Guest | undefined {
    const { hostname: address, port } = connection.remoteAddr;
    const quotas = this.#quotasOf(address, servicePort);
    const counter = this.stats.of(servicePort);
    const reached = this.#tooFast(address) ?? this.quotas.take(quotas);
    if (reached !== undefined) {
      this.refuse(reached, counter, { bridge: this.#bridge, guest: address, port: servicePort });
      return undefined;
    }
    this.stats.opened(counter);
    const { idleTimeoutMs = this.limits.idleTimeoutMs } = this.#options.get(servicePort) ?? {};
    return { connection, address, port, servicePort, quotas, counter, idleTimeoutMs, owner: this.#owner };
  }

  /** Tells whether a guest opens connections faster than it may, and which limit says so. */
  #tooFast(guest: string): Pick<Quota, "limit" | "max"> | undefined {
    const max = this.limits.connectionRatePerGuest;
    if (max === 0 || this.#rates.take(guest, max, performance.now())) return undefined;
    return { limit: "tproxy_connection_rate_per_guest", max };
  }

  #quotasOf(guest: string, port: number): Quota[] {
    const { maxConnectionsPerBridge, maxConnectionsPerGuest } = this.limits;
    const share = guestShare(this.limits, this.quotas.taken("bridge"));
    const ofGuest = share < maxConnectionsPerGuest ? OF_BRIDGE : "tproxy_max_connections_per_guest";
    const { maxConnections = Infinity, maxConnectionsPerGuest: ofPort = Infinity } = this.#options.get(port) ?? {};
    // Quotas without a limit are counted too, since a reload may set one.
    return [
      this.quotas.of("bridge", maxConnectionsPerBridge, OF_BRIDGE),
      this.quotas.of(guest, share, ofGuest),
      this.quotas.of(`port ${port}`, maxConnections, "max_connections"),
      this.quotas.of(`${guest} ${port}`, ofPort, "max_connections_per_guest"),
    ];
  }
}
