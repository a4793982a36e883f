/**
 * Bytes from one connection to another, both ways, until both have ended.
 *
 * WHY a loop of reads and writes and not `pipeTo`: a stream that ends closes its other half with it, so a service that
 * answers after the guest's FIN would answer into the void. Here each direction ends for itself (RFC 9293, 3.6), and a
 * reader waits for its writer, so a slow peer holds up its sender and fills no memory.
 *
 * @module
 */

import { giveBuffer, takeBuffer } from "./buffers.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";
import { nextBuffer } from "./read_scheduler.ts";

const NOTHING = new Uint8Array();

/** A connection, TCP or UNIX. */
export type Duplex = Pick<Deno.Conn, "read" | "write" | "closeWrite" | typeof Symbol.dispose>;

/** What went through, and how it ended. */
export interface RelayResult {
  /** Bytes from the peer to the string. */
  readonly fromPeer: number;
  /** Bytes from the string to the peer. */
  readonly fromString: number;
  /** What broke a direction before its end, if anything did. */
  readonly error: unknown;
  /** Whether the other half closed the string before a byte came from it, and before the peer had ended its side. */
  readonly isCut: boolean;
}

/** Counts bytes while they go through: of all streams that are given the same one. */
export interface Traffic {
  /** Bytes from peers to strings. */
  fromPeers: number;
  /** Bytes from strings to peers. */
  fromStrings: number;
}

/** A read that was begun before the relay. */
export interface Begun {
  /** Where it reads to. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** What it answers: a number of bytes, or `null` at the end. */
  readonly read: Promise<number | null>;
}

/** How long a relay may be silent, and what happened to it before. */
export interface RelayOptions {
  /** Where its deadline is kept. */
  readonly deadlines: Deadlines;
  /** How long it may be silent both ways, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** A read from the peer that is already under way. */
  readonly begun?: Begun | undefined;
  /** Counts the bytes as they go through, beside what the relay returns in the end. */
  readonly traffic?: Traffic;
}

/**
 * Relays bytes both ways, and closes both connections in the end.
 *
 * @param peer The guest, or the service; the caller gives it away.
 * @param string The connection to the other half; the caller gives it away.
 * @param options How long it may be silent, and what was read before.
 * @returns What went through. It never throws: what peers do to a stream is a result, not a failure of ours.
 */
export function relay(peer: Duplex, string: Duplex, options: RelayOptions): Promise<RelayResult> {
  const { promise, resolve } = Promise.withResolvers<RelayResult>();
  const stream = new Stream(peer, string, options, resolve);
  options.deadlines.add(stream);
  void stream.pump(peer, string, options.begun?.buffer ?? takeBuffer(), options.begun?.read);
  void stream.pump(string, peer, takeBuffer(), undefined);
  return promise;
}

/**
 * Both directions of a stream, and its deadline.
 *
 * WHY one object, and one `async` function for each direction with two awaits in it: each chunk of every stream goes through
 * here twice, and an `async` function or a closure more costs as much as all else that it does, in time and in memory.
 */
class Stream extends Deadline {
  #fromPeer = 0;
  #fromString = 0;
  #error: unknown;
  readonly #peer: Duplex;
  readonly #string: Duplex;
  readonly #deadlines: Deadlines;
  readonly #traffic: Traffic;
  readonly #resolve: (result: RelayResult) => void;
  /** How many directions have not ended. */
  #directions = 2;
  #isStringEnded = false;
  #isCut = false;

  constructor(peer: Duplex, string: Duplex, options: RelayOptions, resolve: (result: RelayResult) => void) {
    super(options.idleTimeoutMs);
    this.#peer = peer;
    this.#string = string;
    this.#deadlines = options.deadlines;
    this.#traffic = options.traffic ?? { fromPeers: 0, fromStrings: 0 };
    this.#resolve = resolve;
  }

  override missed(): void {
    this.#error = new Deno.errors.TimedOut(`silent for ${this.timeoutMs / 1000} seconds`);
    this.#close();
  }

  /**
   * Finds out whether the other half has closed the string, which it does when its peer is gone, or only ended it, which it
   * does when its peer has sent all it had to. A UNIX socket that was closed takes no write, not even an empty one.
   */
  override look(): void {
    if (!this.#isStringEnded) return;
    this.#isStringEnded = false;
    void this.#findCut().then((isClosed) => {
      if (isClosed) this.#close();
      else this.#isStringEnded = true;
    });
  }

  /** Tries whether the other half has closed the string, and not only ended it. */
  async #findCut(): Promise<boolean> {
    try {
      await this.#string.write(NOTHING);
      return false;
    } catch (error) {
      this.#error ??= error;
      this.#isCut = this.#fromString === 0;
      return true;
    }
  }

  /** Moves one direction's bytes until it ends. It never throws. */
  async pump(
    from: Duplex,
    to: Duplex,
    buffer: Uint8Array<ArrayBuffer>,
    begun: Promise<number | null> | undefined,
  ): Promise<void> {
    let bytes = 0;
    let isReading = true;
    let isRefused = false;
    try {
      let count = await (begun ?? from.read(buffer));
      while (count !== null) {
        isReading = false;
        this.touch();
        const chunk = count === buffer.length ? buffer : buffer.subarray(0, count);
        const written = await to.write(chunk);
        if (written < count) await writeAll(to, chunk.subarray(written));
        this.touch();
        bytes += count;
        if (from === this.#peer) this.#traffic.fromPeers += count;
        else this.#traffic.fromStrings += count;
        isReading = true;
        const next = nextBuffer(buffer, count);
        // Not awaited unless it has to be: an await is a turn of the loop's queue.
        buffer = next instanceof Promise ? await next : next;
        count = await from.read(buffer);
      }
      isReading = false;
      // The last one to end needs no FIN of its own: to close a connection is to end it.
      if (this.#directions > 1) await to.closeWrite();
      // Only now, since the other half's close ends the string a moment before it closes it.
      else if (from === this.#peer && this.#fromString === 0) await this.#findCut();
    } catch (error) {
      // If there is another error already, this half has closed the string itself.
      if (this.#error === undefined && this.#directions === 2) {
        this.#isCut = isReading && bytes === 0 && from === this.#string;
      }
      this.#error ??= error;
      // A reset. Deno can't pass one on, so all there is to do is not to keep the other side waiting.
      if (isReading) this.#close();
      // It reads no more, but what it sent before may still be on its way: that direction goes on to its own end.
      else isRefused = true;
    }
    if (from === this.#peer) {
      this.#fromPeer = bytes;
    } else {
      this.#fromString = bytes;
      this.#isStringEnded = true;
    }
    this.#directions--;
    if (this.#directions === 0) this.#end();
    else if (isRefused) await discard(from, buffer);
    giveBuffer(buffer);
  }

  #close(): void {
    close(this.#peer);
    close(this.#string);
  }

  #end(): void {
    this.#close();
    this.#deadlines.remove(this);
    this.#resolve({ fromPeer: this.#fromPeer, fromString: this.#fromString, error: this.#error, isCut: this.#isCut });
  }
}

/**
 * Reads what nobody wants, until the other direction has ended too and closes the connection.
 *
 * WHY: a peer that can't get rid of what it sends may read nothing either (an echo), and then the other direction would
 * wait for it as it waits for us.
 */
async function discard(from: Duplex, buffer: Uint8Array): Promise<void> {
  try {
    while (await from.read(buffer) !== null);
  } catch {
    // Why this stream ends is known already.
  }
}

/**
 * Writes all of some bytes.
 *
 * @param to The connection.
 * @param bytes What to write.
 * @throws {Deno.errors.BrokenPipe} If the peer reads no more, and whatever else a write may fail with.
 */
export async function writeAll(to: Pick<Duplex, "write">, bytes: Uint8Array): Promise<void> {
  let written = await to.write(bytes);
  while (written < bytes.length) written += await to.write(bytes.subarray(written));
}

/**
 * Closes a connection that may be closed already.
 *
 * @param connection The connection.
 */
export function close(connection: Disposable): void {
  // Not close(), which throws if it is closed already: an exception costs more than all else about a short stream.
  connection[Symbol.dispose]();
}
