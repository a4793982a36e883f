/**
 * What a daemon and whoever looks after it say to each other.
 *
 * | signal | what it does |
 * |---|---|
 * | SIGHUP | reads its file again and reopens its log |
 * | SIGTERM | stops listening, gives live streams the drain timeout, then ends |
 * | SIGUSR2 | stops listening, since a successor has taken over, and ends with its last live stream, or after the hard stop |
 *
 * @module
 */

/** What a daemon's title ends with once it has stopped listening. */
export const DRAINING = " (draining)";

/**
 * What the line begins with that a daemon writes to standard output when it serves; whoever started it waits for it. What
 * follows names the listeners that could not be opened.
 */
export const READY = "ready";

/**
 * The argument of an inner that takes ports over from one of another user: the kernel lets only one user's proxies share a
 * port, so it waits until the other has closed them.
 */
export const TAKE_OVER = "--take-over";

/** The line before that one, by which it says that it is about to listen, so that the other closes its ports now. */
export const WAITING = "waiting";

/** The environment variable that holds the inode of the host namespace that a daemon serves. */
export const HOST_MARK = "ONE_TPROXY_HOST";

/** The environment variable that holds the permission flags a daemon was started with, joined by `;`. */
export const FLAGS_MARK = "ONE_TPROXY_FLAGS";

/** The environment variable that holds the signal by which a daemon stops listening and finishes its streams. */
export const RETIRE_MARK = "ONE_TPROXY_RETIRE";

/** What a daemon has done since it started. */
export interface Counts {
  /** What it listens on: ports, or bridges. */
  readonly listening: readonly (number | string)[];
  /** Streams that are open now. */
  readonly live: number;
  /** Streams it has taken. */
  readonly total: number;
  /** Streams that it could not bring to the other side. */
  readonly failed: number;
  /** Streams that were over a limit. */
  readonly refused: number;
  /** Bytes from guests. */
  readonly up: number;
  /** Bytes to guests. */
  readonly down: number;
  /** The latest failure. */
  readonly lastError?: { readonly time: string; readonly message: string };
}
