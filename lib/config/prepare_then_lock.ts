/**
 * Slow work is prepared before a lock is held, and prepared again if its file has changed by then.
 *
 * @module
 */

/** How often to begin anew while somebody keeps changing the file. What was read last has to do then. */
const TRIES = 5;

/** What to do with a file, and under which lock. */
export interface Fresh<P, T> {
  /** The file that is read. */
  readonly path: string;
  /** Reads it, resolves names: whatever may take long. */
  readonly prepare: () => Promise<P>;
  /** Does some work under a lock. */
  readonly lock: <R>(work: () => Promise<R>) => Promise<R>;
  /** What is done under the lock with what was prepared. */
  readonly use: (prepared: P) => Promise<T>;
}

/**
 * Prepares something, takes a lock and uses it. If the file has changed since it was read, it begins anew: of two runs
 * at a time the one that gets the lock last may have read the file first, and would undo what the other one has done.
 *
 * @param work What to do.
 * @returns What {@linkcode Fresh.use} returns.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file.
 */
export async function prepareThenLock<P, T>({ path, prepare, lock, use }: Fresh<P, T>): Promise<T> {
  for (let left = TRIES;; left--) {
    const before = await stampOf(path);
    const prepared = await prepare();
    const done = await lock(async () => {
      return left > 1 && await stampOf(path) !== before ? undefined : { value: await use(prepared) };
    });
    if (done !== undefined) return done.value;
  }
}

/**
 * Tells one state of a file from another.
 *
 * @param path The file.
 * @returns A text that differs if the file has been changed or replaced.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(" ");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // Whoever reads the file says what is wrong with it.
    return error instanceof Error ? error.name : String(error);
  }
}
