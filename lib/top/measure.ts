/**
 * What `tproxy top` shows, made of samples. Pure.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import type { VmStream } from "../commands/streams.ts";
import type { Counts, ServiceCounts } from "../protocol/counts.ts";
import { Rates, type Reading } from "./rates.ts";
import type { Sample } from "./sample.ts";

/** Bytes a second in both directions; `undefined` while they are not known. */
export interface Speed {
  /** From guests. */
  readonly upRate: number | undefined;
  /** To guests. */
  readonly downRate: number | undefined;
}

/** A bridge. */
export interface BridgeRow extends Speed {
  /** Its name. */
  readonly bridge: BridgeName;
  /** How many streams are open, those in replaced proxies included. */
  readonly streams: number;
  /** How many streams its proxies have refused since they started. */
  readonly refused: number | undefined;
  /** How many streams could not be connected since the proxies started. */
  readonly failed: number | undefined;
  /** How long the connects of the last second took on average, in seconds; `undefined` if there were none. */
  readonly connectSeconds: number | undefined;
}

/** A stream. */
export interface StreamRow extends VmStream, Speed {}

/** What is shown. */
export interface Measured extends Pick<Sample, "at" | "outers" | "omitted" | "failures"> {
  /** The bridges, by name. */
  readonly bridges: readonly BridgeRow[];
  /** The streams, the fastest first. */
  readonly streams: readonly StreamRow[];
}

/** Makes of each sample, and of those before it, what is shown. */
export class Meter {
  readonly #ofStreams = new Rates();
  readonly #ofInners = new Rates();
  readonly #ofOuter = new Rates();

  /**
   * Takes the next sample.
   *
   * @param sample The sample.
   * @returns What is shown.
   */
  next(sample: Sample): Measured {
    const { at, outers, omitted, failures } = sample;
    const rates = this.#ofStreams.next(
      new Map(sample.streams.map(({ id, up, down }) => [id, { at, values: [up, down] }])),
      at,
    );
    const streams = sample.streams.map((stream): StreamRow => ({ ...stream, ...speedOf(rates.get(stream.id)) }));
    const written = [...sample.inners].flatMap(([bridge, inner]): [string, Reading][] => {
      return inner === undefined ? [] : [[bridge, { at: inner.at, values: [inner.counts.up, inner.counts.down] }]];
    });
    const ofInners = this.#ofInners.next(new Map(written), at);
    const connects = [...sample.inners.keys()].flatMap((bridge): [string, Reading][] => {
      return sample.outer === undefined
        ? []
        : [[bridge, { at: sample.outer.at, values: connectsOf(sample.outer.counts, bridge) }]];
    });
    const ofOuter = this.#ofOuter.next(new Map(connects), at);
    const bridges = [...sample.inners].map(([bridge, inner]): BridgeRow => {
      const own = streams.filter((stream) => stream.bridge === bridge);
      const services = sample.outer && servicesOf(sample.outer.counts, bridge);
      const [count = 0, seconds = 0] = ofOuter.get(bridge) ?? [];
      return {
        bridge,
        streams: own.length,
        ...fasterOf(speedOf(ofInners.get(bridge)), sumOf(own)),
        refused: services && inner &&
          inner.counts.refused + total(services.flatMap(({ refused }) => Object.values(refused))),
        failed: services && inner && inner.counts.failed + total(services.map(({ failed }) => failed)),
        connectSeconds: count > 0 ? seconds / count : undefined,
      };
    });
    return {
      ...{ at, outers, omitted, failures },
      bridges: bridges.toSorted((a, b) => a.bridge < b.bridge ? -1 : 1),
      streams: streams.toSorted((a, b) => both(b) - both(a) || a.since - b.since),
    };
  }
}

function speedOf(rates: readonly number[] | undefined): Speed {
  return { upRate: rates?.[0], downRate: rates?.[1] };
}

function sumOf(streams: readonly StreamRow[]): Speed {
  return {
    upRate: total(streams.map(({ upRate }) => upRate)),
    downRate: total(streams.map(({ downRate }) => downRate)),
  };
}

/**
 * Inner's counts lack the streams of proxies that drain, and the streams lack those that have just ended: the truth is
 * no less.
 */
function fasterOf(counted: Speed, summed: Speed): Speed {
  const more = (a: number | undefined, b: number | undefined) => a === undefined ? b || undefined : Math.max(a, b ?? 0);
  return { upRate: more(counted.upRate, summed.upRate), downRate: more(counted.downRate, summed.downRate) };
}

function servicesOf({ services = [] }: Counts, bridge: BridgeName): ServiceCounts[] {
  return services.filter((service) => service.bridge === bridge);
}

function connectsOf(counts: Counts, bridge: BridgeName): number[] {
  const services = servicesOf(counts, bridge);
  return [
    total(services.flatMap(({ connects }) => connects)),
    total(services.map(({ connectSeconds }) => connectSeconds)),
  ];
}

function total(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function both({ upRate = 0, downRate = 0 }: Partial<Speed>): number {
  return (upRate ?? 0) + (downRate ?? 0);
}
