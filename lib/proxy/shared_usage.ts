/**
 * Sharing limits between daemons. A daemon writes how much of each limit its streams take into a file. Its successor
 * adds these counts to its own while the daemon drains. So nobody gets more streams by a restart.
 *
 * Root creates a few files for each title. A daemon uses any of them and locks it while it lives. A file without a lock
 * belongs to a daemon that has ended, so its contents do not count.
 *
 * @module
 */

import { log } from "../log.ts";
import { LONGEST_USAGE, type Moved, parseUsage, renderUsage } from "../protocol/usage.ts";

/** How often the file is written at most, in milliseconds. */
const WRITE_MS = 1_000;

/** How old the counts of predecessors may be when a guest connects, in milliseconds. */
const READ_MS = 100;

/** A daemon that drains. */
interface Predecessor {
  readonly file: Deno.FsFile;
  taken: ReadonlyMap<string, number>;
}

/** The limits that a daemon shares with its predecessors. */
export class SharedUsage {
  /** The number of this daemon among those of its role, which no other has while it lives; `undefined` if none is left. */
  readonly slot: number | undefined;
  readonly #own: Deno.FsFile | undefined;
  #predecessors: Predecessor[] = [];
  #others: ReadonlyMap<string, number> = new Map();
  #readAt = -Infinity;
  #written = "";

  /**
   * Takes a free file, and finds the predecessors.
   *
   * @param paths The title's files. A missing file is skipped. If no file is free, a warning is logged, and successors
   * will not know of this daemon's streams.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for them.
   */
  constructor(paths: readonly string[]) {
    let own: Deno.FsFile | undefined;
    for (const [slot, path] of paths.entries()) {
      const file = openIfThere(path);
      if (file === undefined) continue;
      if (!file.tryLockSync(true)) this.#predecessors.push({ file, taken: new Map() });
      else if (own === undefined) [own, this.slot] = [file, slot];
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
   * Writes the usage of this daemon for its successors, now and about once a second.
   *
   * @param live Returns how many streams there are.
   * @param taken Returns how much of each limit they take.
   * @param moved Returns what they have moved; `undefined` as long as the counts tell it.
   * @returns A function that writes it once more, at once.
   */
  tell(
    live: () => number,
    taken: () => ReadonlyMap<string, number>,
    moved: () => readonly Moved[] | undefined,
  ): () => void {
    const write = () => {
      const bytes = moved();
      this.#write(renderUsage({ pid: Deno.pid, live: live(), taken: taken(), ...(bytes ? { moved: bytes } : {}) }));
    };
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
      // The disk may be full, for example. The next second tries again.
    }
  }

  /**
   * Tells how much of each limit the streams of all predecessors take.
   *
   * @returns How many streams count against each quota, by the quota's owner.
   */
  others(): ReadonlyMap<string, number> {
    // Most daemons have no predecessor, and this is called several times for each stream.
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

/** Tells whether a predecessor lives. Reads its usage if so, and closes its file if not. */
function isAlive(predecessor: Predecessor): boolean {
  const { file } = predecessor;
  if (file.tryLockSync(false)) {
    file.close();
    return false;
  }
  file.seekSync(0, Deno.SeekMode.Start);
  const buffer = new Uint8Array(LONGEST_USAGE);
  const length = file.readSync(buffer) ?? 0;
  // It may be writing at this moment. Then its previous usage counts.
  predecessor.taken = parseUsage(new TextDecoder().decode(buffer.subarray(0, length)))?.taken ?? predecessor.taken;
  return true;
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    // A file that the daemons of another user have left can't be opened.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}
