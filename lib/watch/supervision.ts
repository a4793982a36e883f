/**
 * One pass of the watch after another, and what one remembers for the next.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import type { Title } from "../role.ts";
import { refreshNames } from "../setup/refresh_names.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { GracePeriod } from "../daemon/grace_period.ts";
import { reconcile } from "../daemon/reconcile.ts";
import { STAYS_STOPPED } from "../daemon/stay_stopped.ts";
import { Backoff } from "./backoff.ts";
import type { Reason } from "./events.ts";
import { ConfigFollower } from "./follow_config.ts";
import { BridgeKeeper } from "./keep_bridges.ts";
import { ProxyKeeper } from "./keep_proxies.ts";
import { StandingWarnings } from "./standing_warnings.ts";

/** Does passes. */
export class Supervision {
  /** Keeps the bridges as they should be. */
  readonly bridges = new BridgeKeeper();
  readonly #proxies = new ProxyKeeper();
  readonly #starts = new Backoff();
  readonly #gracePeriod = new GracePeriod();
  readonly #warnings = new StandingWarnings();
  readonly #config: string;
  readonly #follower: ConfigFollower;
  #staysStopped = false;
  #mustWait = false;
  #unchanged: readonly RunningDaemon[] | undefined;

  /** @param config The configuration file. */
  constructor(config: string) {
    this.#config = config;
    this.#follower = new ConfigFollower(config);
  }

  /** Whether there is something to try again when names are looked up again. */
  get triesAgain(): boolean {
    return this.#follower.triesAgain;
  }

  /** The daemons that run, if the last pass has started and ended none. */
  get unchanged(): readonly RunningDaemon[] | undefined {
    return this.#unchanged;
  }

  /** Looks names up again. A new address is an event, which leads to a pass. An error is logged. */
  async followNames(): Promise<void> {
    await attempt("follow names", refreshNames);
  }

  /**
   * Does one pass. A part that fails keeps no other from being done, and is logged.
   *
   * @param reason Why there is a pass.
   * @param names Whether names are to be looked up again.
   * @param daemons The daemons that run.
   * @returns Whether all is well and nothing is left to do.
   * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
   */
  async pass(reason: Reason, names: boolean, daemons: readonly RunningDaemon[]): Promise<boolean> {
    const began = performance.now();
    this.#mustWait = false;
    this.#unchanged = undefined;
    const host = await attempt("keep the bridges as setup recorded them", () => this.bridges.keep(servedBy(daemons)));
    await attempt("follow the configuration", () => this.#follower.follow(host, names));
    if (names) await this.followNames();
    const dead = await attempt("look for signs of life", () => this.#proxies.keep(daemons)) ?? new Set();
    await attempt("see to it that the proxies listen", () => this.#proxies.wake(daemons, host?.endpoints ?? new Map()));
    const isDone = await attempt("make the proxies match", async () => {
      const stayedStopped = this.#staysStopped;
      const source = { path: this.#config, read: () => this.#follower.settings(this.#warnings.warn) };
      const running = await reconcile(reason, source, {
        mayStart: (title) => this.#mayStart(title),
        onStart: (title) => this.#starts.started(title, performance.now()),
        warn: this.#warnings.warn,
        gracePeriod: this.#gracePeriod,
        onUnchanged: (daemons) => this.#unchanged = daemons,
        dead,
        began,
      });
      this.#warnings.endPass();
      this.#staysStopped = running === undefined;
      if (this.#staysStopped && !stayedStopped) log.info(STAYS_STOPPED);
      return true;
    });
    return host !== undefined && isDone === true && !this.#mustWait && !this.#gracePeriod.isWaiting &&
      this.bridges.areSound && this.#proxies.areWell && this.#follower.isSettled;
  }

  #mayStart(title: Title): boolean {
    const wait = this.#starts.waitFor(title, performance.now());
    if (wait === 0) return true;
    this.#mustWait = true;
    log.warning("A proxy keeps ending; waiting before it is started again", { title, seconds: Math.ceil(wait / 1000) });
    return false;
  }
}

/**
 * Tells which bridges have an inner.
 *
 * @param daemons The daemons that run.
 * @returns The bridges of those that do not drain.
 */
export function servedBy(daemons: readonly RunningDaemon[]): Set<BridgeName> {
  return new Set(daemons.filter(({ draining }) => !draining).flatMap(({ role }) => role.bridge ?? []));
}

/**
 * Does a part of a pass. An error is logged, since the next pass tries again.
 *
 * @param what What is done, as a phrase that follows "cannot".
 * @param work Does it.
 * @returns What it returns; `undefined` if it failed.
 */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.error(`Cannot ${what}; trying again`, { error: describe(error) });
    return undefined;
  }
}
