/**
 * Supervision: one pass after another, for as long as the program runs. A pass puts back what is missing of the bridges,
 * follows names, and makes the daemons match. There is one on SIGHUP, on every change of our tables, of links and of
 * namespaces, as soon as a daemon is gone, and every few seconds anyway, so nothing depends on an event that might be lost.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { getLogger } from "../log.ts";
import { TPROXY } from "../names.ts";
import { refreshNames } from "../netns/refresh.ts";
import { Backoff } from "./backoff.ts";
import { Events, Monitor, type Reason } from "./events.ts";
import { findDaemons } from "./find.ts";
import { HELD } from "./hold.ts";
import { reconcile } from "./reconcile.ts";
import { Sightings } from "./sightings.ts";

const log = getLogger("watch");

/** How often to look whether a daemon is gone. */
const LOOK_MS = 500;
/** How often there is a pass anyway. */
const PASS_MS = 3_000;
/** How long after an event there is a pass: events come in flocks. */
const SETTLE_MS = 50;
/** How often names are looked up again. */
const NAMES_MS = 30_000;

/**
 * Watches until SIGTERM or SIGINT; the daemons go on without it.
 *
 * @param config The configuration file.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function watch(config: string): Promise<void> {
  const events = new Events();
  const backoff = new Backoff();
  const sightings = new Sightings();
  const monitors = [
    new Monitor("nft", ["monitor"], (line) => line.includes(TPROXY) && events.wish("start")),
    new Monitor("ip", ["monitor", "link"], () => events.wish("start")),
  ];
  let [passAt, namesAt] = [0, performance.now() + NAMES_MS];
  let held = false;
  log.info("Watching");
  while (!events.ended) {
    const reason = events.take();
    const now = performance.now();
    for (const monitor of monitors) monitor.ensure();
    if (reason !== undefined || now >= passAt) {
      const isTime = now >= namesAt;
      if (isTime) namesAt = now + NAMES_MS;
      const wasHeld = held;
      held = await pass(reason ?? "start", isTime, config, backoff, sightings);
      if (held && !wasHeld) log.info(HELD);
      events.seen = await look();
      passAt = performance.now() + PASS_MS;
    }
    await events.next(LOOK_MS);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (await look() !== events.seen) events.wish("start");
  }
  for (const monitor of monitors) monitor.stop();
  log.info("Not watching any more; the proxies go on");
}

/** Does one pass, and tells whether a hold keeps the proxies from being started. */
async function pass(
  reason: Reason,
  names: boolean,
  config: string,
  backoff: Backoff,
  sightings: Sightings,
): Promise<boolean> {
  try {
    if (names) await refreshNames();
  } catch (error) {
    log.error("Cannot look names up; trying again", { error: describe(error) });
  }
  const mayStart = (title: string) => {
    const now = performance.now();
    const wait = backoff.waitFor(title, now);
    if (wait === 0) backoff.started(title, now);
    else {log.warning("A proxy keeps ending; waiting before it is started again", {
        title,
        seconds: Math.ceil(wait / 1000),
      });}
    return wait === 0;
  };
  try {
    return await reconcile(reason, config, { mayStart, sightings }) === undefined;
  } catch (error) {
    log.error("Cannot make the proxies match; trying again", { error: describe(error) });
    return false;
  }
}

/** Which daemons run, in a form that differs if one has come or gone. */
async function look(): Promise<string> {
  try {
    return (await findDaemons()).daemons.map(({ pid, draining }) => `${pid}${draining}`).join(" ");
  } catch (error) {
    log.error("Cannot look for the proxies; trying again", { error: describe(error) });
    return "";
  }
}
