/**
 * Supervision by one pass after another. A pass sets bridges up again that are not as they should be, follows the configuration,
 * looks names up again, and makes the daemons match. There is a pass on SIGHUP, on a change of our tables, of links or inside a
 * namespace, and when a daemon is gone; and one every few seconds, since an event may be lost. On a host with many bridges
 * this one is rarer while all is well, since it takes time in proportion to them.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { log } from "../log.ts";
import { TPROXY } from "../names.ts";
import { attempt } from "./attempt.ts";
import { Events, Monitor } from "./events.ts";
import { withDaemonLock } from "../daemon/daemon_lock.ts";
import { type RunningDaemon, servedBy } from "../daemon/find_daemons.ts";
import { confirmLastPass } from "../daemon/last_pass.ts";
import { NamespaceChooser } from "./namespaces.ts";
import { CONFIRMED_MS, lookEvery, pauseAfter, QuickLook, settleFor } from "./quick_look.ts";
import { Supervision } from "./supervision.ts";

/** How often to look at more than that, in milliseconds. */
const LOOK_CLOSER_MS = 3_000;
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
  const { namespaces, rules } = supervision.bridges;
  const nftMonitor = new Monitor("nft", ["monitor"], (line) => {
    // nft says so if the kernel had more events than it could take.
    if (!line.includes(TPROXY) && !line.includes("lost")) return;
    rules.forget();
    events.wish("start");
  });
  const monitors = [
    nftMonitor,
    new Monitor("ip", ["monitor", "link"], () => events.wish("start")),
    // Apart from the other, since a container may forbid it.
    new Monitor("ip", NamespaceChooser.MONITOR, (line) => namespaces.isEvent(line) && events.wish("start")),
  ];
  const quickLook = new QuickLook(config);
  let [passAt, lookCloserAt, confirmAt, namesAt] = [0, 0, Infinity, performance.now() + NAMES_MS];
  let daemons: readonly RunningDaemon[] = [];
  log.info("Watching");
  while (!events.ended) {
    const reason = events.take();
    const now = performance.now();
    for (const monitor of monitors) monitor.ensure();
    const isTime = now >= namesAt;
    if (isTime) namesAt = now + NAMES_MS;
    if (reason !== undefined || now >= passAt || isTime && supervision.triesAgain) {
      if (!nftMonitor.hearsAll) rules.forget();
      const stamps = await quickLook.stamps();
      const outcome = await supervision.pass(reason ?? "start", isTime, daemons);
      daemons = outcome.daemons;
      quickLook.remember(daemons, stamps);
      // After what the pass has started or ended, the next one finds all as it should be.
      if (outcome.hasChanged) events.wish("start");
      lookCloserAt = performance.now() + LOOK_CLOSER_MS;
      passAt = performance.now() + pauseAfter(outcome.isWell, servedBy(daemons).size);
      confirmAt = outcome.isWell ? performance.now() + CONFIRMED_MS : Infinity;
    } else if (isTime) {
      await supervision.followNames();
    }
    const served = servedBy(daemons).size;
    await events.next(lookEvery(served));
    await delay(settleFor(served));
    const isCloser = performance.now() >= lookCloserAt;
    if (isCloser) lookCloserAt = performance.now() + LOOK_CLOSER_MS;
    const isNeeded = async () => await quickLook.hasLost() || isCloser && await quickLook.hasChanged();
    const isFound = await attempt("look for the proxies", isNeeded);
    if (isFound) events.wish("start");
    if (isFound === false && performance.now() >= confirmAt) {
      confirmAt = performance.now() + CONFIRMED_MS;
      await attempt("record that all is well", () => withDaemonLock(confirmLastPass));
    }
  }
  for (const monitor of monitors) monitor.stop();
  log.info("Not watching any more; the proxies go on");
}
