/**
 * Which streams outer takes: those of services in its routes, as long as no limit is reached.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { BridgeName } from "../names.ts";
import { RESET, type ResetReason } from "../protocol/frames.ts";
import type { OuterRoutes } from "../protocol/routes.ts";
import { Admission } from "./admission.ts";
import type { Call } from "./dial_service.ts";
import { type Quota, Quotas } from "./quota.ts";
import type { ServiceEvents } from "./service_events.ts";
import type { Stats } from "./stats.ts";

/** Admits streams to services. */
export class ServiceAdmission extends Admission {
  readonly #events: ServiceEvents;
  /** The quotas of connections that have sent no hello or preamble yet. They have the same limits as streams. */
  readonly #entering = new Quotas();
  #routes: ReadonlyMap<BridgeName, ReadonlyMap<number, Endpoint>> = new Map();

  /**
   * @param stats What counts the streams.
   * @param events Is told of guests that ask for a service that is not there.
   */
  constructor(stats: Stats, events: ServiceEvents) {
    super(stats, "Refused a stream: too many");
    this.#events = events;
  }

  /**
   * Follows routes and limits that were read.
   *
   * @param routes The routes and limits.
   */
  follow({ limits, bridges }: OuterRoutes): void {
    this.limits = limits;
    this.#routes = new Map([...bridges].map(([bridge, endpoints]) => {
      // If a port has two endpoints, the first one counts.
      return [bridge, new Map(endpoints.toReversed().map((endpoint) => [endpoint.servicePort, endpoint]))];
    }));
    this.stats.keep((port, bridge) => this.#routes.get(bridge as BridgeName)?.has(port) ?? false);
  }

  /** Finds the service of a port of a bridge. */
  endpointOf(bridge: BridgeName, servicePort: number): Endpoint | undefined {
    return this.#routes.get(bridge)?.get(servicePort);
  }

  /**
   * Admits a connection to a bridge's socket, before it has said what it is.
   *
   * @param bridge The bridge.
   * @returns The quotas that it takes, to be given to {@linkcode entered}; `undefined` if a limit is reached.
   */
  enter(bridge: BridgeName): readonly Quota[] | undefined {
    return this.#take(this.#entering, bridge, undefined);
  }

  /** A connection has said what it is, or has ended. */
  entered(quotas: readonly Quota[]): void {
    this.#entering.giveBack(quotas);
  }

  /**
   * Admits a stream.
   *
   * @param bridge The bridge of its guest.
   * @param guest The guest's address, as one number.
   * @param port The guest's port.
   * @param servicePort The service port.
   * @returns What to dial, to be given to `ended()`; or why the stream is refused.
   */
  admit(bridge: BridgeName, guest: number, port: number, servicePort: number): Call | ResetReason {
    const endpoint = this.endpointOf(bridge, servicePort);
    const quotas = this.#take(this.quotas, bridge, endpoint);
    if (quotas === undefined) return RESET.refused;
    if (endpoint === undefined) {
      this.quotas.giveBack(quotas);
      this.#events.unserved(bridge, guest, port, servicePort);
      return RESET.unreachable;
    }
    const counter = this.stats.of(servicePort, bridge);
    this.stats.opened(counter);
    const { connectTimeoutMs, idleTimeoutMs } = this.limits;
    const { options = {} } = endpoint;
    return {
      guest,
      port,
      endpoint,
      quotas,
      counter,
      connectTimeoutMs: options.connectTimeoutMs ?? connectTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs ?? idleTimeoutMs,
    };
  }

  #take(table: Quotas, bridge: BridgeName, endpoint: Endpoint | undefined): readonly Quota[] | undefined {
    const { maxConnections, maxConnectionsPerBridge } = this.limits;
    const quotas = [
      table.of("", maxConnections, "tproxy_max_connections"),
      table.of(bridge, maxConnectionsPerBridge, "tproxy_max_connections_per_bridge"),
    ];
    const reached = table.take(quotas);
    if (reached === undefined) return quotas;
    this.refuse(reached, this.stats.of(endpoint?.servicePort ?? 0, bridge), { bridge });
    return undefined;
  }
}
