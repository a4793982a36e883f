/**
 * `tproxy status`: what runs, what does not, and what is wrong.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { FAULTY, NONE_RUNS, OK } from "../exit_code.ts";
import { describeFault, type Fault } from "../fault.ts";
import type { BridgeName } from "../names.ts";
import type { Title } from "../role.ts";
import type { Counts } from "../protocol/counts.ts";
import { bridgesOf, findFaultsOfBridges, lookAtHost, rolesWanted } from "../health/bridges.ts";
import { readCounts, readUsage } from "../daemon/counts.ts";
import { findEgressFaults } from "../daemon/egress.ts";
import { findDaemons, type RunningDaemon, servedBy } from "../daemon/find_daemons.ts";
import { STAYS_STOPPED, staysStopped } from "../daemon/stay_stopped.ts";
import { findReplacedFiles } from "../health/installation.ts";
import { findRefusedArchive } from "../health/refused_archive.ts";
import { findDeafFaults } from "../health/listening.ts";
import { findDaemonFaults } from "../health/signs.ts";
import { findStrayFaults } from "../health/stray_faults.ts";
import { type Answer, toJson } from "./answer.ts";
import { renderWide } from "./status_table.ts";

/** A proxy that runs. */
export interface ProxyStatus {
  /** Its process title. */
  readonly title: Title;
  /** The bridge of an inner proxy. */
  readonly bridge?: BridgeName;
  /** Its process ID. */
  readonly pid: number;
  /** When it started, ISO 8601. */
  readonly since: string;
  /** Whether it drains. */
  readonly draining: boolean;
  /** How many streams a proxy that drains has; missing for others, or if it could not write it. */
  readonly live?: number;
  /** What the bridge's guests are served. */
  readonly endpoints?: readonly Endpoint[];
  /** Its counts, at most a second old; missing for a proxy that drains, or if they are not well formed. */
  readonly counts?: Counts;
}

/** What `status --json` prints. */
export interface Status {
  /** The proxies that run, outer first, draining ones included. */
  readonly proxies: readonly ProxyStatus[];
  /** The titles of the proxies that should run and do not; empty if none runs. */
  readonly missing: readonly Title[];
  /** All that is not as it should be. A proxy that does not run while others do is a fault. */
  readonly faults: readonly Fault[];
  /** Whether `tproxy stop` keeps all proxies from being started. */
  readonly stopped: boolean;
}

/**
 * Finds out what runs, and whether guests can be served by it.
 *
 * @param wide Whether people get a table; else a line for each that serves, as the user document has it.
 * @returns What runs, with what is wrong in the notes. The exit code is {@linkcode OK}, {@linkcode NONE_RUNS} or
 * {@linkcode FAULTY}.
 * @throws {import("../errors.ts").TproxyError} If nft, ip or ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `look` in `lib/permissions/command_permissions.ts`.
 */
export async function showStatus(wide: boolean): Promise<Answer> {
  const status = await readStatus();
  const { proxies, faults, stopped } = status;
  const serving = proxies.filter(({ draining }) => !draining);
  return {
    text: wide ? renderWide(status) : serving.map(({ title, pid }) => `${title}: ${pid}`).join("\n"),
    notes: [...(stopped ? [STAYS_STOPPED] : []), ...faults.map(describeFault)],
    json: toJson(status),
    exitCode: serving.length === 0 ? NONE_RUNS : faults.length > 0 ? FAULTY : OK,
  };
}

async function readStatus(): Promise<Status> {
  const [processes, host] = await Promise.all([findDaemons(), lookAtHost()]);
  const { daemons } = processes;
  const stopped = staysStopped();
  const serving = daemons.filter(({ draining }) => !draining);
  const running = new Set<Title>(serving.map(({ role }) => role.title));
  const bridges = bridgesOf(host);
  const proxies = daemons.map((daemon) => describeDaemon(daemon, host.endpoints));
  const [found, ofDaemons, ofListeners, ofRules, ofStrays] = await Promise.all([
    findFaultsOfBridges(host, bridges, new Set(bridges), servedBy(daemons)),
    findDaemonFaults(daemons),
    findDeafFaults(daemons, host.endpoints),
    running.size === 0 ? [] : findEgressFaults(),
    findStrayFaults(processes),
  ]);
  const missing = running.size === 0
    ? []
    : rolesWanted(host).map(({ title }) => title).filter((title) => !running.has(title));
  const faults = [
    ...missing.map(notRunning),
    ...ofDaemons,
    ...ofListeners,
    ...ofRules,
    ...ofStrays,
    ...[...found.values()].flat(),
    ...findReplacedFiles(),
    ...findRefusedArchive(),
  ];
  return { proxies, missing, faults, stopped };
}

function notRunning(title: Title): Fault {
  return { code: "not-running", subject: title, text: "not running", remedy: 'run "tproxy start"' };
}

function describeDaemon(
  { role, pid, seconds, draining }: RunningDaemon,
  bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>,
): ProxyStatus {
  const since = new Date(Date.now() - seconds * 1000).toISOString();
  // A proxy that serves writes the file, and one that drains does not.
  const counts = draining ? undefined : readCounts(role);
  const live = draining ? readUsage(role, pid)?.live : undefined;
  return {
    title: role.title,
    ...(role.program === "inner" ? { bridge: role.bridge } : {}),
    pid,
    since,
    draining,
    ...(live === undefined ? {} : { live }),
    ...(role.program === "inner" ? { endpoints: bridges.get(role.bridge) ?? [] } : {}),
    ...(counts === undefined ? {} : { counts }),
  };
}
