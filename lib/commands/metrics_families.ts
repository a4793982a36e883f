/**
 * The metrics of a hypervisor, made of what was found on it. Pure.
 *
 * Every label is one that root knows from nft, the record or this source. A proxy, which may be compromised, gives
 * numbers alone. No label is about a guest, since there may be any number of guests.
 *
 * WHY what inner and outer have counted is never added up: either begins at 0 when it is replaced. A sum would then go
 * down by a part, and Prometheus would take the rest of it for new events. For the same reason each inner that drains
 * has series of its own, which end with it.
 *
 * @module
 */

import { CONNECT_BOUNDS, REFUSING_LIMITS, type ServiceCounts } from "../protocol/counts.ts";
import type { Moved } from "../protocol/usage.ts";
import type { Family, Labels, Sample } from "./metrics_text.ts";
import { countsByService, type MetricsView, type ProxyView, servicesOf, type ServiceView } from "./metrics_view.ts";

/**
 * Makes the metrics of a hypervisor.
 *
 * @param view What was found.
 * @returns The metrics.
 */
export function familiesOf(view: MetricsView): Family[] {
  const services = servicesOf(view);
  const each = (make: (service: ServiceView) => Sample[]): Sample[] => services.flatMap(make);
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

function bytes({ up, down }: Pick<Moved, "up" | "down">, labels: Labels): Sample[] {
  return [
    { labels: { ...labels, direction: "up" }, value: up },
    { labels: { ...labels, direction: "down" }, value: down },
  ];
}

/** Every limit is there from the start, since the first refusal would not be seen as a change otherwise. */
function refusals({ proxies, endpoints }: MetricsView, services: readonly ServiceView[]): Sample[] {
  const ofOuter = countsByService(proxies.find(({ role }) => role.program === "outer")?.counts);
  const samples = (labels: Labels, program: string, counts: ServiceCounts | undefined): Sample[] =>
    counts === undefined ? [] : REFUSING_LIMITS.filter((limit) => LIMITS_OF[program]?.has(limit))
      .map((limit) => ({ labels: { ...labels, program, limit }, value: counts.refused[limit] ?? 0 }));
  return [
    ...services.flatMap(({ labels, inner, outer }) => [
      ...samples(labels, "inner", inner),
      ...samples(labels, "outer", outer),
    ]),
    // Streams and strings that outer refused before it knew their service.
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
