/**
 * The signals of a daemon, as requests.
 *
 * @module
 */

/** The requests that came in as signals. A signal that comes twice before it is handled counts once. */
export class Signals {
  /** Whether the route file is to be loaded again. */
  reload = false;
  /** Whether the daemon is to stop: when its streams have ended, or after a short while. */
  stop: "patient" | "soon" | undefined;
  #wake: () => void = () => {};

  /** Begins to listen for the signals. */
  constructor() {
    this.#on("SIGHUP", () => this.reload = true);
    this.#on("SIGUSR2", () => this.stop ??= "patient");
    this.#on("SIGTERM", () => this.stop = "soon");
  }

  #on(signal: Deno.Signal, wish: () => void): void {
    Deno.addSignalListener(signal, () => {
      wish();
      this.#wake();
    });
  }

  /** Waits for the next signal. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }
}
