/**
 * What was found on a hypervisor, for its metrics, and what that says of each service. Pure.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { LastPass } from "../daemon/last_pass.ts";
import type { BridgeName } from "../names.ts";
import type { Dropped } from "../nft/dropped.ts";
import { CONNECT_BOUNDS, type Counts, type ServiceCounts } from "../protocol/counts.ts";
import type { Moved } from "../protocol/usage.ts";
import type { Role } from "../role.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import type { Labels } from "./metrics_text.ts";

/** The counts of a service that had no stream yet. */
const NO_COUNTS = { live: 0, total: 0, failed: 0, up: 0, down: 0, refused: {}, connectSeconds: 0 };

/** What was found of a proxy that should run. */
export interface ProxyView {
  /** What it is. */
  readonly role: Role;
  /** Whether one that serves is there. */
  readonly runs: boolean;
  /** Its counts; missing if it does not run, or if they are not well formed. */
  readonly counts?: Counts | undefined;
  /** The streams by service port that proxies of this role still finish which have been replaced. */
  readonly draining: ReadonlyMap<number, number>;
  /** What the streams of these proxies have moved, and still move. */
  readonly moved: readonly DrainingBytes[];
}

/** What the streams of one service in one proxy that drains have moved. */
export interface DrainingBytes extends Moved {
  /** The proxy. */
  readonly pid: number;
}

/** What was found on a hypervisor. */
export interface MetricsView {
  /** The version that looks. */
  readonly version: string;
  /** The proxies that should run. */
  readonly proxies: readonly ProxyView[];
  /** What each bridge's guests should be served. */
  readonly endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** What `setup` has recorded: the networks of each bridge. */
  readonly record: SetupRecord;
  /** What our rules have dropped. */
  readonly dropped: readonly Dropped[];
  /** The last completed pass, if there was one. */
  readonly lastPass: LastPass | undefined;
}

/** A service that should be served, and what the two proxies on its way have counted of it. */
export interface ServiceView {
  /** What tells it from others: its bridge, its port, and its network if that is recorded and has a name. */
  readonly labels: Labels;
  /** Its open streams, those in inners that drain included. */
  readonly live: number;
  /** What inners that drain have moved for it. */
  readonly moved: readonly DrainingBytes[];
  /** What inner has counted; `undefined` if that is not known. */
  readonly inner: ServiceCounts | undefined;
  /** What outer has counted; `undefined` if that is not known. */
  readonly outer: ServiceCounts | undefined;
}

/**
 * Brings together what is known of each service.
 *
 * @param view What was found on the hypervisor.
 * @returns The services that should be served, by bridge.
 */
export function servicesOf({ proxies, endpoints, record }: MetricsView): ServiceView[] {
  const ofOuter = countsByService(proxies.find(({ role }) => role.program === "outer")?.counts);
  return [...endpoints].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([bridge, ofBridge]) => {
    const proxy = proxies.find(({ role }) => role.bridge === bridge);
    const ofInner = countsByService(proxy?.counts);
    return ofBridge.map(({ servicePort }) => {
      const inner = ofInner(servicePort);
      const network = record.get(bridge)
        ?.find(({ endpoints }) => endpoints.some((endpoint) => endpoint.servicePort === servicePort))?.name;
      return {
        labels: { bridge, service_port: servicePort, network },
        live: (inner?.live ?? 0) + (proxy?.draining.get(servicePort) ?? 0),
        moved: proxy?.moved.filter(({ port }) => port === servicePort) ?? [],
        inner,
        outer: ofOuter(servicePort, bridge),
      };
    });
  });
}

/**
 * Indexes the counts of a proxy by service. They are all 0 for a service that had no stream yet. A daemon that does not
 * run, or is of a former version, has no counts by service.
 *
 * @param counts The counts of a proxy, if they are known.
 * @returns Finds the counts of a service by its port and, in those of outer, its bridge.
 */
export function countsByService(
  counts: Counts | undefined,
): (port: number, bridge?: BridgeName) => ServiceCounts | undefined {
  if (counts?.services === undefined) return () => undefined;
  const services = new Map(counts.services.map((service) => [`${service.bridge} ${service.port}`, service]));
  return (port, bridge) =>
    services.get(`${bridge} ${port}`) ?? { ...NO_COUNTS, port, connects: CONNECT_BOUNDS.map(() => 0).concat(0) };
}
