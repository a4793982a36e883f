/**
 * The links that no packet passes: supervision, versions and the room for logs. Pure.
 *
 * @module
 */

import { LOG_DIR } from "../paths.ts";
import { VERSION } from "../version.ts";
import { judged } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { broken, type Finding, ok, skipped } from "./finding.ts";

/** A pass of the watch follows the last one after 3 seconds, and may start a hundred proxies. */
const LONGEST_PASS_S = 60;

/** With less room than this, log lines are about to be lost, in bytes. */
const LEAST_LOG_SPACE = 1024 * 1024;

/** Judges whether `tproxy watch` repairs what breaks. */
export function judgeWatch({ watch, processes, scope }: Facts, now: number = Date.now()): readonly Finding[] {
  const subject = "tproxy watch";
  return judged(subject, watch, ({ watchers, passedAt }) => {
    const host = processes.known ? processes.value.host : undefined;
    const ours = watchers.filter(({ netns }) => host === undefined || netns === host);
    const [watcher] = ours;
    if (watcher === undefined) {
      return [broken(subject, "it is not running", 'run "systemctl enable --now one-tproxy", or what starts it here')];
    }
    const stopped = ours.find(({ state }) => /[Tt]/.test(state));
    if (stopped !== undefined) {
      return [broken(subject, `the process ${stopped.pid} is stopped`, `run "kill -CONT ${stopped.pid}"`)];
    }
    const ago = passedAt === undefined ? Infinity : Math.round((now - passedAt) / 1000);
    if (Math.min(ago, watcher.seconds) > LONGEST_PASS_S) {
      const when = ago === Infinity ? "it has completed no pass" : `its last pass was ${ago} seconds ago`;
      return [
        broken(subject, when, 'run "systemctl restart one-tproxy"; its messages are in "journalctl -u one-tproxy"'),
      ];
    }
    if (ago < -1) {
      return [
        broken(subject, `its last pass is ${-ago} seconds in the future: the clock was set back`, 'see "timedatectl"'),
      ];
    }
    // Another folder of the remotes is there since it has started, or one of the two was told a file.
    if (watcher.config?.startsWith("/") && scope.config.startsWith("/") && watcher.config !== scope.config) {
      return [broken(subject, `it follows ${watcher.config}`, 'run "systemctl restart one-tproxy", or name that file')];
    }
    const last = ago === Infinity ? "no pass yet" : `last pass ${Math.max(0, ago)} seconds ago`;
    return [ok(subject, `process ${watcher.pid}, ${last}`)];
  });
}

/** Judges whether what runs is of the version that is installed. */
export function judgeVersions({ processes }: Facts): readonly Finding[] {
  return judged("versions", processes, ({ daemons }) => {
    const others = daemons.filter(({ draining, version }) => !draining && version !== VERSION);
    if (daemons.length === 0) return [skipped("versions", `this is ${VERSION}; no proxy runs`)];
    if (others.length === 0) return [ok("versions", `everything is ${VERSION}`)];
    return others.map(({ role: { title }, version }) => {
      const text = `it is version ${version ?? "0.1.0 or older"}, and this is ${VERSION}`;
      return broken(title, text, 'run "tproxy restart"');
    });
  });
}

/** Judges whether the logs have room. */
export function judgeLogs({ logSpace }: Facts): readonly Finding[] {
  return judged(LOG_DIR, logSpace, (bytes) => [
    bytes >= LEAST_LOG_SPACE
      ? ok(LOG_DIR, `${Math.floor(bytes / 1024 / 1024)} MiB are free`)
      : broken(LOG_DIR, `${Math.floor(bytes / 1024)} KiB are free`, `see "du -x --max-depth 1 ${LOG_DIR}"`),
  ]);
}
