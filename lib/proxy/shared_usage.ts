/**
 * Counting together: a daemon writes what its streams take of the limits into a file, and its successor counts that in, for
 * as long as the daemon finishes its streams. So a restart gives nobody another share.
 *
 * The files are a few for each title, made by root, and belong to none of its daemons in particular. Each daemon locks one
 * while it lives: a file that can be locked is of one that has ended, whatever it says.
 *
 * @module
 */

import { log } from "../log.ts";
import { LONGEST_USAGE, parseUsage, renderUsage } from "../protocol/usage.ts";

/** How often the file is written at most, in milliseconds. */
const WRITE_MS = 1_000;

/** How old may be what is known of the predecessors when somebody comes, in milliseconds. */
const READ_MS = 100;

/** A daemon that finishes its streams. */
interface Predecessor {
  readonly file: Deno.FsFile;
  taken: ReadonlyMap<string, number>;
}

/** The limits that a daemon shares with its predecessors. */
export class SharedUsage {
  readonly #own: Deno.FsFile | undefined;
  #predecessors: Predecessor[] = [];
  #others: ReadonlyMap<string, number> = new Map();
  #readAt = -Infinity;
  #written = "";

  /**
   * Takes a file that no other daemon has, and finds the others.
   *
   * @param paths The title's files. One that is missing is passed over; if none is left, nobody is told, which is logged.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for them.
   */
  constructor(paths: readonly string[]) {
    let own: Deno.FsFile | undefined;
    for (const path of paths) {
      const file = openIfThere(path);
      if (file === undefined) continue;
      if (!file.tryLockSync(true)) this.#predecessors.push({ file, taken: new Map() });
      else if (own === undefined) own = file;
      else file.close();
    }
    this.#own = own;
    if (own === undefined) {
      log.warning("There is no file left to tell a successor of; its limits will hold for it alone");
    }
    own?.truncateSync();
    this.others();
  }

  /**
   * Tells a successor what this daemon's streams take, from now on and about once a second.
   *
   * @param live Tells how many streams there are.
   * @param taken Tells what they take.
   * @returns Does so at once, for once.
   */
  tell(live: () => number, taken: () => ReadonlyMap<string, number>): () => void {
    const write = () => this.#write(renderUsage({ pid: Deno.pid, live: live(), taken: taken() }));
    write();
    setInterval(write, WRITE_MS);
    return write;
  }

  #write(text: string): void {
    if (this.#own === undefined || text === this.#written) return;
    try {
      this.#own.seekSync(0, Deno.SeekMode.Start);
      const bytes = new TextEncoder().encode(text);
      const length = this.#own.writeSync(bytes);
      this.#own.truncateSync(length);
      if (length === bytes.length) this.#written = text;
    } catch {
      // A full disk, for example: the next second may be a better one.
    }
  }

  /**
   * Tells what the streams of all predecessors take.
   *
   * @returns How many streams each limit counts, by what it is of.
   */
  others(): ReadonlyMap<string, number> {
    // Most have none, and this is asked several times for each stream.
    if (this.#predecessors.length === 0) return this.#others;
    const now = performance.now();
    if (now - this.#readAt < READ_MS) return this.#others;
    this.#readAt = now;
    this.#predecessors = this.#predecessors.filter(isAlive);
    const sum = new Map<string, number>();
    for (const { taken } of this.#predecessors) {
      for (const [of, count] of taken) sum.set(of, (sum.get(of) ?? 0) + count);
    }
    return this.#others = sum;
  }
}

/** Looks at a predecessor: reads what it tells, and closes the file of one that has ended. */
function isAlive(predecessor: Predecessor): boolean {
  const { file } = predecessor;
  if (file.tryLockSync(false)) {
    file.close();
    return false;
  }
  file.seekSync(0, Deno.SeekMode.Start);
  const buffer = new Uint8Array(LONGEST_USAGE);
  const length = file.readSync(buffer) ?? 0;
  // It may be writing just now; then what it said before counts.
  predecessor.taken = parseUsage(new TextDecoder().decode(buffer.subarray(0, length)))?.taken ?? predecessor.taken;
  return true;
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    // One that another user's daemons left, before there was a need for it again.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}
