/**
 * How a stream on the string begins: with its preamble, and with the guest's first bytes in the same write if they are
 * there by then.
 *
 * WHY: most guests speak first and at once, and a write less here is a write and a read less for each connection. Nobody
 * waits for it: of a guest that only listens, the preamble goes by itself.
 *
 * @module
 */

import { giveBuffer, takeBuffer } from "./buffers.ts";
import { type Begun, type Duplex, writeAll } from "./relay.ts";

/** What has become of the first read. */
export interface Opened {
  /** How many of the guest's bytes went with the preamble. */
  readonly sent: number;
  /** The read, if it has brought nothing yet. */
  readonly begun?: Begun;
}

/** The first read from a guest, begun while the string is still being opened. */
export class Opening {
  readonly #buffer = takeBuffer();
  readonly #preamble: Uint8Array;
  readonly #read: Promise<number | null>;
  #count = 0;

  /**
   * Begins to read.
   *
   * @param guest The guest.
   * @param preamble What goes before its bytes.
   */
  constructor(guest: Pick<Duplex, "read">, preamble: Uint8Array) {
    this.#buffer.set(preamble);
    this.#preamble = preamble;
    this.#read = guest.read(this.#body);
    // Who awaits it sees the failure; until then it must not count as one that nobody handles.
    this.#read.then((count) => this.#count = count ?? 0, () => {});
  }

  get #body(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#preamble.length);
  }

  /**
   * Sends the preamble, and what has been read.
   *
   * @param string Where to.
   * @returns How many of the guest's bytes it sent; if none, the read for the relay to go on with.
   * @throws {Deno.errors.BrokenPipe} If the peer reads no more, and whatever else a write may fail with.
   */
  async send(string: Pick<Duplex, "write">): Promise<Opened> {
    const sent = this.#count;
    await writeAll(string, this.#buffer.subarray(0, this.#preamble.length + sent));
    if (sent === 0) return { sent, begun: { buffer: this.#body, read: this.#read } };
    giveBuffer(this.#buffer);
    return { sent };
  }

  /** Gives up. The read ends when the guest is closed, and the buffer is free then. */
  abandon(): void {
    void this.#read.catch(() => {}).then(() => giveBuffer(this.#buffer));
  }
}
