/**
 * Keeping the proxies at work. One that was stopped is continued, one that shows no sign of life is replaced, and one
 * that could not listen is told to try again.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { Backoff } from "./backoff.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { findDeaf } from "../health/listening.ts";
import { send } from "../daemon/stop.ts";
import { isStopped, readSigns } from "../health/signs.ts";
import { SILENCE_MS, Vitals } from "../health/vitals.ts";

/**
 * How long a proxy may not listen: counts are up to a second old, and a proxy that was told of a new port needs a
 * moment.
 */
const DEAF_MS = 2_500;

/** Keeps proxies at work, and remembers what it has seen of them. */
export class ProxyKeeper {
  readonly #vitals = new Vitals();
  readonly #tries = new Backoff();
  #dead: ReadonlySet<number> = new Set();
  #deafSince = new Map<number, number>();

  /** Whether all proxies were at work when they were last looked at. */
  get areWell(): boolean {
    return this.#dead.size === 0 && this.#deafSince.size === 0 && this.#vitals.areFresh;
  }

  /**
   * Looks for signs of life, and continues those that were stopped. A stopped proxy is not replaced at once, since its
   * live streams go on when it does. One that is stopped again and again shows no sign of life, and is replaced for
   * that.
   *
   * @param daemons Those that run, as they were just listed.
   * @returns The process IDs of those that have shown no sign of life for too long.
   * @throws {import("../run_command.ts").CommandError} If kill fails.
   * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill` and `--allow-read=/run/one_tproxy`.
   */
  async keep(daemons: readonly RunningDaemon[]): Promise<ReadonlySet<number>> {
    const signs = readSigns(daemons);
    const stopped = signs.filter(isStopped);
    for (const { title, pid } of stopped) log.warning("A proxy was stopped; letting it go on", { title, pid });
    await send("CONT", stopped.map(({ pid }) => pid));
    const dead = this.#vitals.look(signs, performance.now());
    for (const { title, pid } of dead.filter(({ pid }) => !this.#dead.has(pid))) {
      log.warning("A proxy shows no sign of life; replacing it", { title, pid, seconds: SILENCE_MS / 1000 });
    }
    this.#dead = new Set(dead.map(({ pid }) => pid));
    return this.#dead;
  }

  /**
   * Tells the proxies that have not listened on all that they should for a while to try again, less and less often.
   *
   * @param daemons Those that run.
   * @param endpoints What each bridge's guests should be served.
   * @throws {import("../run_command.ts").CommandError} If kill fails.
   * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill` and `--allow-read=/run/one_tproxy`.
   */
  async wake(
    daemons: readonly RunningDaemon[],
    endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
  ): Promise<void> {
    const now = performance.now();
    const deaf = findDeaf(daemons, endpoints);
    this.#deafSince = new Map(deaf.map(({ daemon: { pid } }) => [pid, this.#deafSince.get(pid) ?? now]));
    const due = deaf.filter(({ daemon: { pid, role } }) => {
      return now - (this.#deafSince.get(pid) ?? now) >= DEAF_MS && this.#tries.waitFor(role.title, now) === 0;
    });
    for (const { daemon: { role: { title }, pid }, listeners } of due) {
      this.#tries.started(title, now);
      log.warning("A proxy does not listen; having it try again", { title, pid, listeners: listeners.join(" ") });
    }
    await send("HUP", due.map(({ daemon: { pid } }) => pid));
  }
}
