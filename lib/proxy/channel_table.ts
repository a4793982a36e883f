/**
 * The streams of a string by their number.
 *
 * WHY not a map of streams: when many entries of a map have come and gone, V8 replaces its table and links the old one to
 * the new one. A single old table then keeps all later ones, and every stream that was in them, until the next full
 * garbage collection: with 32 streams at once, half of all that had ended. A map of numbers keeps nothing but numbers.
 *
 * @module
 */

import type { Channel } from "./channel.ts";

/** Finds streams by their number. */
export class ChannelTable {
  readonly #places = new Map<number, number>();
  readonly #channels: (Channel | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many streams there are. */
  get size(): number {
    return this.#places.size;
  }

  /** Finds a stream; `undefined` if there is none with this number. */
  get(id: number): Channel | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : this.#channels[place];
  }

  /** Adds a stream. Its number must be a new one. */
  add(channel: Channel): void {
    const place = this.#free.pop() ?? this.#channels.length;
    this.#places.set(channel.id, place);
    this.#channels[place] = channel;
  }

  /** Removes a stream if it is there. */
  remove({ id }: Channel): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    this.#channels[place] = undefined;
    this.#free.push(place);
  }

  /** Goes through all streams; one may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Channel> {
    for (const channel of this.#channels) if (channel !== undefined) yield channel;
  }
}
