/**
 * Looking between two passes for what no event tells of. A pass takes time in proportion to the bridges, so on a host
 * with many bridges passes are far apart while nothing changes; this takes one short process, or none.
 *
 * @module
 */

import { stampOf } from "../config/prepare_then_lock.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { areThere } from "../daemon/stop.ts";
import { beatOf } from "../health/signs.ts";
import { RUN_FILES } from "../paths.ts";

/** How long after a pass there is another one, in milliseconds. */
const PASS_MS = 3_000;

/** How many bridges a host may have for that, and how much longer it is for each one more while all is well. */
const FEW_BRIDGES = 30;
const MS_PER_BRIDGE = 1_000;

/** The longest pause. */
const LONGEST_MS = 120_000;

/**
 * How often the last pass is recorded as completed anew while looks between passes find all well, in milliseconds. Doctor
 * and the alerts take a watch for broken that has completed no pass for one or two minutes.
 */
export const CONFIRMED_MS = 25_000;

/**
 * Tells how long after a pass there is another one if nothing happens.
 *
 * WHY longer with many bridges: a pass takes processor time in proportion to them.
 *
 * @param isWell Whether the pass found all well and left nothing to do.
 * @param bridges How many bridges are served.
 * @returns Milliseconds.
 */
export function pauseAfter(isWell: boolean, bridges: number): number {
  if (!isWell) return PASS_MS;
  return Math.min(PASS_MS + Math.max(0, bridges - FEW_BRIDGES) * MS_PER_BRIDGE, LONGEST_MS);
}

/**
 * Tells how often to look whether a daemon is gone.
 *
 * @param bridges How many bridges are served.
 * @returns Milliseconds: half a second, and up to a second and a half with many bridges.
 */
export function lookEvery(bridges: number): number {
  return Math.min(500 + Math.max(0, bridges - FEW_BRIDGES) * 5, 1_500);
}

/**
 * Tells how long after an event there is a pass. One change often makes several events. On a host with many bridges,
 * where a pass takes long, more of them share one.
 *
 * @param bridges How many bridges are served.
 * @returns Milliseconds.
 */
export function settleFor(bridges: number): number {
  return Math.min(50 + Math.max(0, bridges - FEW_BRIDGES) * 2, 1_000);
}

/** When each daemon last wrote its counts, by process ID; `undefined` if there is no such file. */
export type Beats = ReadonlyMap<number, number | undefined>;

/**
 * Tells whether a daemon has written no counts from one look to the next.
 *
 * @param before What the look before has found. A daemon that is not in it is new.
 * @param now What this look finds.
 * @returns Whether there is such a daemon.
 */
export function isSilent(before: Beats, now: Beats): boolean {
  return now.entries().some(([pid, beat]) => before.has(pid) && before.get(pid) === beat);
}

/** What was there at the last pass, to compare with. */
export class QuickLook {
  readonly #config: string;
  #serving: readonly RunningDaemon[] = [];
  #stamps = "";
  #beats: Beats = new Map();

  /** @param config The configuration file. */
  constructor(config: string) {
    this.#config = config;
  }

  /**
   * Takes down what a pass has found.
   *
   * @param daemons The daemons that run.
   * @param stamps What {@linkcode stamps} returned before the pass.
   */
  remember(daemons: readonly RunningDaemon[], stamps: string): void {
    this.#serving = daemons.filter(({ draining }) => !draining);
    this.#stamps = stamps;
  }

  /**
   * Looks at the configuration and at the setup record.
   *
   * @returns A text that differs if one of them has changed.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` for both.
   */
  async stamps(): Promise<string> {
    return (await Promise.all([this.#config, RUN_FILES.setupRecord].map(stampOf))).join(" ");
  }

  /**
   * Finds out whether a proxy is gone.
   *
   * @returns Whether one is. One that has ended counts as there as long as its parent does not take note of that.
   * @throws {import("../run_command.ts").CommandError} If kill fails for another reason.
   * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill`.
   */
  async hasLost(): Promise<boolean> {
    return !await areThere(this.#serving.map(({ pid }) => pid));
  }

  /**
   * Finds out whether the configuration or the record has changed, or a proxy has written no counts since this was asked before. Ask
   * less often than proxies write them, which is once a second.
   *
   * @returns Whether there should be a pass.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` for the configuration and `/run/one_tproxy`.
   */
  async hasChanged(): Promise<boolean> {
    const beats = new Map(this.#serving.map(({ pid, role }) => [pid, beatOf(role)]));
    const wasSilent = isSilent(this.#beats, beats);
    this.#beats = beats;
    return wasSilent || await this.stamps() !== this.#stamps;
  }
}
