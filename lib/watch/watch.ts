/**
 * Supervision by one pass after another. A pass sets bridges up again that are not as they should be, follows the configuration,
 * looks names up again, and makes the daemons match. There is a pass on SIGHUP, on a change of our tables, of links or inside a
 * namespace, and when a daemon is gone; and one every few seconds, since an event may be lost.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { type BridgeName, TPROXY } from "../names.ts";
import type { Title } from "../role.ts";
import { refreshNames } from "../setup/refresh_names.ts";
import { Backoff } from "./backoff.ts";
import { Events, Monitor, type Reason } from "./events.ts";
import { findDaemons, type RunningDaemon } from "../daemon/find_daemons.ts";
import { STAYS_STOPPED } from "../daemon/stay_stopped.ts";
import { ConfigFollower } from "./follow_config.ts";
import { BridgeKeeper } from "./keep_bridges.ts";
import { NamespaceChooser } from "./namespaces.ts";
import { ProxyKeeper } from "./keep_proxies.ts";
import { StandingWarnings } from "./standing_warnings.ts";
import { reconcile } from "../daemon/reconcile.ts";
import { GracePeriod } from "../daemon/grace_period.ts";

/** How often to look whether a daemon is gone, in milliseconds. */
const LOOK_MS = 500;
/** How long after a pass there is another one, in milliseconds. */
const PASS_MS = 3_000;
/** How long after an event there is a pass, in milliseconds: one change often makes several events. */
const SETTLE_MS = 50;
/** How often names are looked up again, in milliseconds. */
const NAMES_MS = 30_000;

/**
 * Watches until SIGTERM or SIGINT; the daemons go on without it.
 *
 * @param config The configuration file.
 * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
 */
export async function watch(config: string): Promise<void> {
  const events = new Events();
  const supervision = new Supervision(config);
  const { namespaces } = supervision.bridges;
  const monitors = [
    new Monitor("nft", ["monitor"], (line) => line.includes(TPROXY) && events.wish("start")),
    new Monitor("ip", ["monitor", "link"], () => events.wish("start")),
    // Apart from the other, since a container may forbid it.
    new Monitor("ip", NamespaceChooser.MONITOR, (line) => namespaces.isEvent(line) && events.wish("start")),
  ];
  let [passAt, namesAt] = [0, performance.now() + NAMES_MS];
  let daemons = await look();
  log.info("Watching");
  while (!events.ended) {
    const reason = events.take();
    const now = performance.now();
    for (const monitor of monitors) monitor.ensure();
    if (reason !== undefined || now >= passAt) {
      const isTime = now >= namesAt;
      if (isTime) namesAt = now + NAMES_MS;
      await supervision.pass(reason ?? "start", isTime, daemons);
      passAt = performance.now() + PASS_MS;
    }
    await events.next(LOOK_MS);
    await delay(SETTLE_MS);
    const before = daemons;
    daemons = await look();
    // What the last pass has started or ended is different, too. The next one finds it as it should be.
    if (shown(daemons) !== shown(before)) events.wish("start");
  }
  for (const monitor of monitors) monitor.stop();
  log.info("Not watching any more; the proxies go on");
}

/** What one pass remembers for the next. */
class Supervision {
  readonly bridges = new BridgeKeeper();
  readonly #proxies = new ProxyKeeper();
  readonly #starts = new Backoff();
  readonly #gracePeriod = new GracePeriod();
  readonly #warnings = new StandingWarnings();
  readonly #config: string;
  readonly #follower: ConfigFollower;
  #staysStopped = false;

  constructor(config: string) {
    this.#config = config;
    this.#follower = new ConfigFollower(config);
  }

  /** Does one pass. A part that fails keeps no other from being done. */
  async pass(reason: Reason, names: boolean, daemons: readonly RunningDaemon[]): Promise<void> {
    const began = performance.now();
    const host = await attempt("keep the bridges as setup recorded them", () => this.bridges.keep(servedBy(daemons)));
    await attempt("follow the configuration", () => this.#follower.follow(host, names));
    if (names) await attempt("follow names", refreshNames);
    const dead = await attempt("look for signs of life", () => this.#proxies.keep(daemons)) ?? new Set();
    await attempt("see to it that the proxies listen", () => this.#proxies.wake(daemons, host?.endpoints ?? new Map()));
    await attempt("make the proxies match", async () => {
      const stayedStopped = this.#staysStopped;
      const source = { path: this.#config, read: () => this.#follower.settings(this.#warnings.warn) };
      const running = await reconcile(reason, source, {
        mayStart: (title) => this.#mayStart(title),
        onStart: (title) => this.#starts.started(title, performance.now()),
        warn: this.#warnings.warn,
        gracePeriod: this.#gracePeriod,
        dead,
        began,
      });
      this.#warnings.endPass();
      this.#staysStopped = running === undefined;
      if (this.#staysStopped && !stayedStopped) log.info(STAYS_STOPPED);
    });
  }

  #mayStart(title: Title): boolean {
    const wait = this.#starts.waitFor(title, performance.now());
    if (wait === 0) return true;
    log.warning("A proxy keeps ending; waiting before it is started again", { title, seconds: Math.ceil(wait / 1000) });
    return false;
  }
}

function servedBy(daemons: readonly RunningDaemon[]): Set<BridgeName> {
  return new Set(daemons.filter(({ draining }) => !draining).flatMap(({ role }) => role.bridge ?? []));
}

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    log.error(`Cannot ${what}; trying again`, { error: describe(error) });
    return undefined;
  }
}

/** Finds the daemons that run; none if that can't be found out. */
async function look(): Promise<readonly RunningDaemon[]> {
  return await attempt("look for the proxies", async () => (await findDaemons()).daemons) ?? [];
}

/** Writes down which daemons run, in a form that differs if one has come, has gone or drains. */
function shown(daemons: readonly RunningDaemon[]): string {
  return daemons.map(({ pid, draining }) => `${pid}${draining}`).join(" ");
}
