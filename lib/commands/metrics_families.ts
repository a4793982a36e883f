/**
 * The metrics of a hypervisor, made of what was found on it. Pure.
 *
 * Every label is one that root knows from nft, the record or this source. A proxy, which may be compromised, gives numbers
 * alone. No label is about a guest, since there may be any number of guests.
 *
 * WHY what inner and outer have counted is never added up: either begins at 0 when it is replaced. A sum would then go down
 * by a part, and Prometheus would take the rest of it for new events. For the same reason each inner that drains has series of
 * its own, which end with it.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { LastPass } from "../daemon/last_pass.ts";
import type { BridgeName } from "../names.ts";
import type { Dropped } from "../nft/dropped.ts";
import { CONNECT_BOUNDS, type Counts, REFUSING_LIMITS, type ServiceCounts } from "../protocol/counts.ts";
import type { Moved } from "../protocol/usage.ts";
import type { Role } from "../role.ts";
import type { SetupRecord } from "../setup/setup_record.ts";
import type { Family, Labels, Sample } from "./metrics_text.ts";

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

function bytes({ up, down }: Pick<Moved, "up" | "down">, labels: Labels): Sample[] {
  return [
    { labels: { ...labels, direction: "up" }, value: up },
    { labels: { ...labels, direction: "down" }, value: down },
  ];
}

/** A service that should be served, and what the two proxies on its way have counted of it. */
interface Service {
  readonly labels: Labels;
  readonly live: number;
  /** What inners that drain have moved for it. */
  readonly moved: readonly DrainingBytes[];
  /** `undefined` if inner's counts are not known. */
  readonly inner: ServiceCounts | undefined;
  /** `undefined` if outer's counts are not known. */
  readonly outer: ServiceCounts | undefined;
}

/**
 * Makes the metrics of a hypervisor.
 *
 * @param view What was found.
 * @returns The metrics.
 */
export function familiesOf(view: MetricsView): Family[] {
  const services = servicesOf(view);
  const each = (make: (service: Service) => Sample[]): Sample[] => services.flatMap(make);
  const ofInner = (make: (counts: ServiceCounts, labels: Labels) => Sample[]) =>
    each(({ inner, labels }) => inner === undefined ? [] : make(inner, labels));
  const { version, proxies, dropped, lastPass } = view;
  return [
    gauge("build_info", "The version of one-tproxy that made these metrics.", [{ labels: { version }, value: 1 }]),
    gauge("up", "Whether a proxy that should run does.", proxies.map(upOf)),
    gauge(
      "pass_seconds",
      "How long the last completed pass of watch, start or reload took.",
      passSample(lastPass?.seconds),
    ),
    gauge(
      "pass_timestamp_seconds",
      "When the last pass of watch, start or reload was completed, in seconds since 1970.",
      passSample(lastPass && lastPass.at / 1000),
    ),
    gauge(
      "streams_live",
      "Streams of guests that are open, those in replaced proxies included.",
      each(({ inner, labels, live }) => inner === undefined ? [] : [{ labels, value: live }]),
    ),
    counter(
      "streams",
      "Streams of guests that were accepted.",
      ofInner(({ total }, labels) => [{ labels, value: total }]),
    ),
    counter(
      "bytes",
      "Bytes from guests (up) and to guests (down).",
      each(({ inner, moved, labels }) => [
        ...(inner === undefined ? [] : bytes(inner, labels)),
        ...moved.flatMap(({ pid, ...counts }) => bytes(counts, { ...labels, replaced_pid: pid })),
      ]),
    ),
    counter("refused", "Streams that a proxy has refused because of a limit.", refusals(view, services)),
    counter(
      "connect_failures",
      "Streams that did not get on: outer could not connect to the service, or inner had no outer.",
      each(({ inner, outer, labels }) => [
        ...(inner === undefined ? [] : [{ labels: { ...labels, program: "inner" }, value: inner.failed }]),
        ...(outer === undefined ? [] : [{ labels: { ...labels, program: "outer" }, value: outer.failed }]),
      ]),
    ),
    {
      name: "connect_seconds",
      type: "histogram",
      help: "How long connects to services took that succeeded.",
      samples: each(({ outer, labels }) => outer === undefined ? [] : histogram(outer, labels)),
    },
    counter(
      "packets_dropped",
      "Packets that a rule has dropped since it was applied.",
      dropped.filter(({ bridge }) => bridge === undefined || view.endpoints.has(bridge))
        .map(({ rule, bridge, packets }) => ({ labels: { bridge, rule }, value: packets })),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: "counter", help, samples };
}

function upOf({ role: { program, bridge }, runs }: ProxyView): Sample {
  return { labels: { program, bridge }, value: runs ? 1 : 0 };
}

function passSample(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ value }];
}

const NO_COUNTS = { live: 0, total: 0, failed: 0, up: 0, down: 0, refused: {}, connectSeconds: 0 };

/**
 * Lets services be found in counts; they are all 0 for one that had no stream yet. A daemon that does not run, or of a former
 * version, has no counts by service.
 */
function finder(counts: Counts | undefined): (port: number, bridge?: BridgeName) => ServiceCounts | undefined {
  if (counts?.services === undefined) return () => undefined;
  const services = new Map(counts.services.map((service) => [`${service.bridge} ${service.port}`, service]));
  return (port, bridge) =>
    services.get(`${bridge} ${port}`) ?? { ...NO_COUNTS, port, connects: CONNECT_BOUNDS.map(() => 0).concat(0) };
}

function servicesOf({ proxies, endpoints, record }: MetricsView): Service[] {
  const ofOuter = finder(proxies.find(({ role }) => role.program === "outer")?.counts);
  return [...endpoints].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([bridge, ofBridge]) => {
    const proxy = proxies.find(({ role }) => role.bridge === bridge);
    const ofInner = finder(proxy?.counts);
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

/** Every limit is there from the start, since the first refusal would not be seen as a change otherwise. */
function refusals({ proxies, endpoints }: MetricsView, services: readonly Service[]): Sample[] {
  const ofOuter = finder(proxies.find(({ role }) => role.program === "outer")?.counts);
  const samples = (labels: Labels, program: string, counts: ServiceCounts | undefined): Sample[] =>
    counts === undefined ? [] : REFUSING_LIMITS.filter((limit) => LIMITS_OF[program]?.has(limit))
      .map((limit) => ({ labels: { ...labels, program, limit }, value: counts.refused[limit] ?? 0 }));
  return [
    ...services.flatMap(({ labels, inner, outer }) => [
      ...samples(labels, "inner", inner),
      ...samples(labels, "outer", outer),
    ]),
    // Streams and strings that outer has refused before it knew for which service they were.
    ...[...endpoints.keys()].toSorted().flatMap((bridge) => samples({ bridge }, "outer", ofOuter(0, bridge))),
  ];
}

/** By which limits each program refuses. */
const LIMITS_OF: Readonly<Record<string, ReadonlySet<string>>> = {
  inner: new Set(REFUSING_LIMITS.filter((limit) => limit !== "tproxy_max_connections")),
  outer: new Set(["tproxy_max_connections", "tproxy_max_connections_per_bridge"]),
};

function histogram({ connects, connectSeconds }: ServiceCounts, labels: Labels): Sample[] {
  let sum = 0;
  const buckets = connects.map((count, i) => ({
    suffix: "_bucket",
    labels: { ...labels, le: boundText(CONNECT_BOUNDS[i]) },
    value: sum += count,
  }));
  return [...buckets, { suffix: "_sum", labels, value: connectSeconds }, { suffix: "_count", labels, value: sum }];
}

/** Writes a bound as OpenMetrics wants it: a whole number with ".0". */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
}
