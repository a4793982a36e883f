/**
 * One pass of the watch after another, and what one remembers for the next.
 *
 * @module
 */

import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import type { Title } from "../role.ts";
import { refreshNames } from "../setup/refresh_names.ts";
import { stampOf } from "../config/prepare_then_lock.ts";
import { findDaemons, type Processes, type RunningDaemon, servedBy } from "../daemon/find_daemons.ts";
import { GracePeriod } from "../daemon/grace_period.ts";
import { reconcile } from "../daemon/reconcile.ts";
import { readLatestPass } from "../daemon/shared_pass.ts";
import { STAYS_STOPPED } from "../daemon/stay_stopped.ts";
import { attempt } from "./attempt.ts";
import { Backoff } from "./backoff.ts";
import type { Reason } from "./events.ts";
import { ConfigFollower } from "./follow_config.ts";
import { BridgeKeeper } from "./keep_bridges.ts";
import { ProxyKeeper } from "./keep_proxies.ts";
import { StandingWarnings } from "./standing_warnings.ts";

/** How a pass has ended. */
export interface Outcome {
  /** Whether all is well and nothing is left to do. */
  readonly isWell: boolean;
  /** The daemons that run now; none if that can't be found out. */
  readonly daemons: readonly RunningDaemon[];
  /** Whether others run than before the pass. */
  readonly hasChanged: boolean;
}

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
  /** The number of the last pass of another run that has failed, as far as this is known. */
  #failed: number | undefined;
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

  /** Looks names up again. A new address is an event, which leads to a pass. An error is logged. */
  async followNames(): Promise<void> {
    await attempt("follow names", refreshNames);
  }

  /**
   * Does one pass. A part that fails keeps no other from being done, and is logged.
   *
   * @param reason Why there is a pass.
   * @param names Whether names are to be looked up again.
   * @param known The daemons that the last pass has found.
   * @returns How it has ended.
   * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
   */
  async pass(reason: Reason, names: boolean, known: readonly RunningDaemon[]): Promise<Outcome> {
    const began = performance.now();
    this.#mustWait = false;
    this.#unchanged = undefined;
    const [before, underWay] = [await this.#stamp(), this.#findUnderWay()];
    const processes = await find(known);
    const daemons = processes?.daemons ?? [];
    const kept = await attempt("keep the bridges as setup recorded them", () => this.bridges.keep(servedBy(daemons)));
    const host = kept?.host;
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
        found: async () => {
          // That run has let go of the lock by now. If it has failed, nothing tells what it has started meanwhile.
          this.#failed = underWay ?? this.#failed;
          if (underWay !== undefined || kept === undefined || processes === undefined) return undefined;
          if (kept.hasChanged || await this.#stamp() !== before) return undefined;
          return { present: kept.host.present, processes, egress: kept.egress };
        },
        onUnchanged: (daemons) => this.#unchanged = daemons,
        dead,
        began,
      });
      this.#warnings.endPass();
      this.#staysStopped = running === undefined;
      if (this.#staysStopped && !stayedStopped) log.info(STAYS_STOPPED);
      return true;
    });
    const isWell = host !== undefined && isDone === true && !this.#mustWait && !this.#gracePeriod.isWaiting &&
      this.bridges.areSound && this.#proxies.areWell && this.#follower.isSettled;
    const now = this.#unchanged ?? (await find(daemons))?.daemons ?? [];
    return { isWell, daemons: now, hasChanged: shown(now) !== shown(daemons) };
  }

  /** A text that differs if another run has made a pass, or somebody has changed the setup record or our tables. */
  async #stamp(): Promise<string> {
    const files = [RUN_FILES.latestPass, RUN_FILES.completedPass, RUN_FILES.setupRecord];
    return [this.bridges.rules.changes, ...await Promise.all(files.map(stampOf))].join(" ");
  }

  /** The number of the pass that another run may be making; `undefined` if none is. */
  #findUnderWay(): number | undefined {
    const { number = 0, wanted } = readLatestPass() ?? {};
    return number === 0 || wanted !== undefined || number === this.#failed ? undefined : number;
  }

  #mayStart(title: Title): boolean {
    const wait = this.#starts.waitFor(title, performance.now());
    if (wait === 0) return true;
    this.#mustWait = true;
    log.warning("A proxy keeps ending; waiting before it is started again", { title, seconds: Math.ceil(wait / 1000) });
    return false;
  }
}

/** Finds the daemons that run; `undefined` if that can't be found out. */
function find(known: readonly RunningDaemon[]): Promise<Processes | undefined> {
  return attempt("look for the proxies", () => findDaemons(known));
}

/** Writes down which daemons run, in a form that differs if one has come, has gone or drains. */
function shown(daemons: readonly RunningDaemon[]): string {
  return daemons.map(({ pid, draining }) => `${pid}${draining}`).join(" ");
}
