/**
 * Counting what one service of one bridge does.
 *
 * @module
 */

import { CONNECT_BOUNDS, type RefusingLimit, type ServiceCounts } from "../protocol/counts.ts";

/** Counts for one service. A stream holds it, so that nothing has to be looked up while bytes flow. */
export class ServiceCounter {
  readonly #bridge: string | undefined;
  readonly #port: number;
  #live = 0;
  #total = 0;
  #failed = 0;
  #up = 0;
  #down = 0;
  readonly #refused: Partial<Record<RefusingLimit, number>> = {};
  readonly #connects = Array<number>(CONNECT_BOUNDS.length + 1).fill(0);
  #connectSeconds = 0;

  /**
   * @param port The service port; 0 for streams whose port is not known.
   * @param bridge The bridge; missing in an inner proxy, which has one only.
   */
  constructor(port: number, bridge?: string) {
    this.#port = port;
    this.#bridge = bridge;
  }

  /** Counts a stream that was accepted. */
  opened(): void {
    this.#live++;
    this.#total++;
  }

  /** Counts a stream that has ended. */
  ended(): void {
    this.#live--;
  }

  /** Counts bytes from the guest and to it. */
  moved(up: number, down: number): void {
    this.#up += up;
    this.#down += down;
  }

  /** Counts a stream that did not get to the service. */
  failed(): void {
    this.#failed++;
  }

  /** Counts a stream that was refused because of a limit. */
  refused(limit: RefusingLimit): void {
    this.#refused[limit] = (this.#refused[limit] ?? 0) + 1;
  }

  /**
   * Counts a connect to the service.
   *
   * @param seconds How long it took.
   */
  connected(seconds: number): void {
    const index = CONNECT_BOUNDS.findIndex((bound) => seconds <= bound);
    const at = index === -1 ? CONNECT_BOUNDS.length : index;
    this.#connects[at] = (this.#connects[at] ?? 0) + 1;
    this.#connectSeconds += seconds;
  }

  /** All counts. */
  get counts(): ServiceCounts {
    return {
      ...(this.#bridge === undefined ? {} : { bridge: this.#bridge }),
      port: this.#port,
      live: this.#live,
      total: this.#total,
      failed: this.#failed,
      up: this.#up,
      down: this.#down,
      refused: this.#refused,
      connects: this.#connects,
      connectSeconds: this.#connectSeconds,
    };
  }
}
