/**
 * Whether daemons are alive: those that are stopped, and those that show no sign of life. Pure.
 *
 * A daemon writes its counts every second (`lib/proxy/stats.ts`); that the file changes is its sign of life. One that is busy,
 * on a machine that is overloaded or was suspended, must not be taken for dead, so time counts only
 *
 * - while whoever looks was itself there to look: what lies between two looks far apart counts little;
 * - by a clock that does not jump: the file's time is compared with nothing but itself;
 * - if the daemon has slept through it all, or has had the processor for long enough to write its counts. One that waits for
 *   a disk or for the processor is not its own master.
 *
 * @module
 */

import type { Title } from "../role.ts";

/** What there is to see of a daemon. */
export interface Sign {
  /** Its process ID. */
  readonly pid: number;
  /** Its process title. */
  readonly title: Title;
  /** What the kernel says it does, a letter of ps(1): S sleeps, R runs or would like to, D waits for a disk, T is stopped. */
  readonly state: string;
  /** The seconds of processor time that it has used. */
  readonly cpuSeconds: number;
  /** When its counts were last written, in milliseconds; `undefined` if there is no such file. */
  readonly beat: number | undefined;
}

/** How long a daemon may show no sign of life, in milliseconds. */
export const SILENCE_MS = 10_000;

/** What lies between two looks counts for no more than this, so that it takes several. */
const LONGEST_GAP_MS = 3_000;

/** How much processor time is more than enough to write the counts once, in seconds. */
const ENOUGH_CPU_SECONDS = 3;

interface Pulse {
  readonly beat: number | undefined;
  readonly cpuSeconds: number;
  readonly silentMs: number;
  readonly hasSlept: boolean;
}

/** Keeps in mind when each daemon last showed a sign of life. */
export class Vitals {
  #pulses = new Map<number, Pulse>();
  #lookedAt = -Infinity;

  /**
   * Takes down what there is to see.
   *
   * @param signs All daemons that serve.
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
