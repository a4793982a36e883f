/**
 * One pass: compare what runs with what should, and do the difference. `start`, `reload`, `restart` and `stop` are all
 * this pass; run twice, the second does nothing.
 *
 * @module
 */

import type { Verb } from "../cli.ts";
import { DaemonError, describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { getLogger } from "../log.ts";
import { namesOf, RUN_FILES, type Title, TPROXY } from "../names.ts";
import { setNetnsSysctls } from "../netns/links.ts";
import { type Desired, readDesired, readLimits } from "./desired.ts";
import { removeLeftovers, writeInnerRoutes, writeOuterRoutes } from "./files.ts";
import { findDaemons } from "./find.ts";
import { daemonFlags } from "./permissions.ts";
import { plan, type Step, type WantedDaemon } from "./plan.ts";
import { daemonFiles } from "./siblings.ts";
import { send, waitFor } from "./signal.ts";
import { startDaemon } from "./spawn.ts";

const log = getLogger("tproxy");

/** A pass that starts a hundred daemons takes seconds; a stop waits for streams to drain. */
const LOCK_DEADLINE_MS = 60_000;

/** How long a daemon may take to stop listening. */
const DRAINING_DEADLINE_MS = 2_000;

/** What a pass needs to know of the host. */
interface Context {
  readonly mayStart: (title: Title) => boolean;
  readonly host: number;
  readonly desired: Desired;
  readonly failures: string[];
}

/**
 * Does one pass.
 *
 * @param verb Why; see {@linkcode plan}.
 * @param config The configuration file.
 * @param mayStart Whether a daemon that should be started may be, now; asked once for each.
 * @throws {DaemonError} If a daemon could not be started or ended; the others were.
 * @throws {import("../errors.ts").TproxyError} If what should run, or what does, can't be found out; then nothing was changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/daemon/permissions.ts`.
 */
export async function reconcile(
  verb: Verb,
  config: string,
  mayStart: (title: Title) => boolean = () => true,
): Promise<void> {
  await withLock(RUN_FILES.daemonLock, LOCK_DEADLINE_MS, async () => {
    const { host, daemons } = await findDaemons();
    if (verb === "stop") {
      const { drainTimeoutMs } = await readLimits(config);
      await stop(daemons.map(({ pid }) => pid), drainTimeoutMs);
      await removeLeftovers(new Set());
      return;
    }
    const context: Context = { mayStart, host, desired: await readDesired(config), failures: [] };
    const { steps, end } = plan(verb, await prepare(context), daemons);
    const [first, ...rest] = steps;
    // Outer first: an inner without its other half could only turn guests away.
    if (first !== undefined) await attempt(first, context);
    await Promise.all(rest.map((step) => attempt(step, context)));
    await retire("TERM", end);
    if (steps.length === 0) log.info("No network has a proxy: nothing runs");
    if (context.failures.length > 0) throw new DaemonError(context.failures.join("; "));
    await removeLeftovers(new Set(context.desired.bridges.keys()));
  });
}

/** Writes the route files and says which daemons should run. One whose file can't be written goes on with the old one. */
async function prepare({ desired, host, failures }: Context): Promise<WantedDaemon[]> {
  const { bridges, owner } = desired;
  if (bridges.size === 0) return [];
  const inners: WantedDaemon[] = [];
  for (const [bridge, { netns }] of bridges) {
    const flags = daemonFlags(bridge, bridges).join(";");
    let changed = false;
    try {
      changed = await writeInnerRoutes(bridge, desired);
    } catch (error) {
      failures.push(`Cannot write the routes of ${bridge}: ${describe(error)}`);
    }
    inners.push({ title: namesOf(bridge).title, bridge, netns, uid: owner.uid, flags, changed });
  }
  const changed = await writeOuterRoutes(desired);
  const flags = daemonFlags(undefined, bridges).join(";");
  return [{ title: TPROXY, bridge: undefined, netns: host, uid: owner.uid, flags, changed }, ...inners];
}

/** Does one daemon's step; a failure is logged and leaves the others alone. */
async function attempt(step: Step, context: Context): Promise<void> {
  const { title, bridge } = step.wanted;
  try {
    if (step.start && !context.mayStart(title)) return;
    await retire("USR1", step.retireFirst);
    if (step.start) {
      if (bridge !== undefined) await setNetnsSysctls(namesOf(bridge));
      const { host, desired } = context;
      const { owner, bridges } = desired;
      const serves = bridge === undefined ? [...bridges.keys()] : [];
      const flags = daemonFlags(bridge, bridges);
      const { pid, notListening } = await startDaemon({ bridge, flags, owner, serves, host, files: daemonFiles() });
      log.info("Started", { title, pid });
      if (notListening.length > 0) {
        context.failures.push(`${title} can't listen on ${notListening.join(", ")}; see its log`);
      }
    }
    await send("HUP", step.reload);
    await retire("USR1", step.retire);
    await retire("TERM", step.end);
  } catch (error) {
    context.failures.push(describe(error));
    log.error("Cannot bring a proxy up to date", { title, error: describe(error) });
  }
}

/** Tells daemons to stop listening, and waits until they have. */
async function retire(signal: "USR1" | "TERM", pids: readonly number[]): Promise<void> {
  await send(signal, pids);
  const stuck = await waitFor(pids, "draining", DRAINING_DEADLINE_MS);
  if (stuck.length === 0) return;
  log.warning("Ending proxies that do not answer", { pids: stuck.join(" ") });
  await send("KILL", stuck);
}

async function stop(pids: readonly number[], drainTimeoutMs: number): Promise<void> {
  await send("TERM", pids);
  const stuck = await waitFor(pids, "ended", drainTimeoutMs + DRAINING_DEADLINE_MS);
  if (stuck.length === 0) return;
  log.warning("Ending proxies that do not answer", { pids: stuck.join(" ") });
  await send("KILL", stuck);
  const left = await waitFor(stuck, "ended", DRAINING_DEADLINE_MS);
  if (left.length > 0) throw new DaemonError(`Cannot end the processes ${left.join(" ")}`, 'look at them with "ps"');
}
