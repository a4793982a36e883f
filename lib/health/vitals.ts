/**
 * Whether daemons are alive. Pure.
 *
 * A daemon writes its counts every second (`lib/proxy/stats.ts`). A change of the file's time is a sign of life. A
 * daemon that is busy, on a machine that is overloaded or was suspended, must not count as dead. Therefore:
 *
 * - The time between two looks counts up to a limit, since the watch itself may not have run.
 * - Time is read from a clock that does not jump, and the file's time is compared only with itself.
 * - Time counts only if the daemon slept all the while, or had enough processor time to write its counts. One that
 * waits for a disk or for the processor can't write them.
 *
 * @module
 */

import type { Title } from "../role.ts";

/** The signs of life of a daemon. */
export interface Sign {
  /** Its process ID. */
  readonly pid: number;
  /** Its process title. */
  readonly title: Title;
  /** Its state, a letter of ps(1). */
  readonly state: string;
  /** The seconds of processor time that it has used. */
  readonly cpuSeconds: number;
  /** When its counts were last written, in milliseconds; `undefined` if there is no such file. */
  readonly beat: number | undefined;
}

/** How long a daemon may show no sign of life, in milliseconds. */
export const SILENCE_MS = 10_000;

/** The most that the time between two looks counts, so that it takes several looks. */
const LONGEST_GAP_MS = 3_000;

/** The processor time that is more than enough to write the counts once, in seconds. */
const ENOUGH_CPU_SECONDS = 3;

interface Pulse {
  readonly beat: number | undefined;
  readonly cpuSeconds: number;
  readonly silentMs: number;
  readonly hasSlept: boolean;
}

/** Remembers when each daemon last showed a sign of life. */
export class Vitals {
  #pulses = new Map<number, Pulse>();
  #lookedAt = -Infinity;

  /** Whether all have shown a sign of life since the look before the last. */
  get areFresh(): boolean {
    return this.#pulses.values().every(({ silentMs }) => silentMs === 0);
  }

  /**
   * Takes the signs of a look.
   *
   * @param signs The signs of all daemons that serve.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns Those that have shown no sign of life for too long.
   */
  look(signs: readonly Sign[], now: number): Sign[] {
    const gap = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#pulses = new Map(signs.map((sign) => [sign.pid, next(this.#pulses.get(sign.pid), sign, gap)]));
    return signs.filter((sign) => this.#isDead(sign));
  }

  #isDead({ pid, cpuSeconds }: Sign): boolean {
    const pulse = this.#pulses.get(pid);
    return pulse !== undefined && pulse.silentMs >= SILENCE_MS &&
      (pulse.hasSlept || cpuSeconds - pulse.cpuSeconds >= ENOUGH_CPU_SECONDS);
  }
}

function next(before: Pulse | undefined, { beat, cpuSeconds, state }: Sign, gap: number): Pulse {
  if (before === undefined || beat === undefined || beat !== before.beat) {
    return { beat, cpuSeconds, silentMs: 0, hasSlept: true };
  }
  const silentMs = before.silentMs + Math.min(gap, LONGEST_GAP_MS);
  return { ...before, silentMs, hasSlept: before.hasSlept && /[STt]/.test(state) };
}
