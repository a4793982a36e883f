/**
 * How `tproxy` controls a daemon, and how the daemon reports its state.
 *
 * | signal | what it does |
 * |---|---|
 * | SIGHUP | reads its file again and reopens its log |
 * | SIGTERM | stops listening, gives live streams the drain timeout, then ends |
 * | SIGUSR2 | stops listening, because a successor has taken over, and ends with its last live stream or after the hard stop |
 *
 * @module
 */

/** The end of a daemon's title once it has stopped listening. */
export const DRAINING = " (draining)";

/**
 * The first word of the line that a daemon writes to standard output when it serves. `tproxy` waits for this line. The
 * words after it name the listeners that could not be opened.
 */
export const READY = "ready";

/**
 * The argument of an inner that takes over ports from an inner of another user. It waits until the other one has closed
 * them, because the kernel lets only processes of one user share a port.
 */
export const TAKE_OVER = "--take-over";

/**
 * The line that such an inner writes before {@linkcode READY}. It says that the inner is about to listen, so the other
 * one can close its ports.
 */
export const WAITING = "waiting";

/** The environment variable that holds the inode of the host namespace that a daemon serves. */
export const HOST_MARK = "ONE_TPROXY_HOST";

/** The environment variable that holds the permission flags a daemon was started with, joined by `;`. */
export const FLAGS_MARK = "ONE_TPROXY_FLAGS";

/** The environment variable that holds the signal by which a daemon stops listening and finishes its streams. */
export const RETIRE_MARK = "ONE_TPROXY_RETIRE";

/** The environment variable that holds the version of a daemon. */
export const VERSION_MARK = "ONE_TPROXY_VERSION";
