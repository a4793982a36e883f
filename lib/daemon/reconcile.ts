/**
 * One pass: compare what runs with what should, and do the difference. `start`, `reload`, `restart` and `stop` are all
 * this pass; run twice, the second does nothing.
 *
 * @module
 */

import type { Verb } from "./plan.ts";
import { prepareThenLock } from "../config/fresh.ts";
import { DaemonError, describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { namesOf, RUN_FILES } from "../names.ts";
import { innerOf, OUTER, type Title } from "../role.ts";
import { setNetnsSysctls } from "../netns/links.ts";
import { look, type Present, restore } from "../setup/restore.ts";
import type { DaemonStart } from "./command_line.ts";
import { atMostAtOnce } from "./concurrency.ts";
import { daemonFlags } from "../permissions/daemon_flags.ts";
import { type Desired, findBridges, readLimits, readSettings, type Settings } from "./desired.ts";
import { egressFor, endEgress, narrowEgress, readEgress, widenEgress } from "./egress.ts";
import {
  ensureProxyDir,
  ensureUsageFiles,
  findSockets,
  removeLeftovers,
  removeNewSockets,
  writeInnerRoutes,
  writeOuterRoutes,
} from "./route_files.ts";
import { findDaemons, type RunningDaemon } from "./find.ts";
import { hold, isHeld, release } from "./hold.ts";
import { endAll, settle } from "./stop.ts";
import { ensureLog } from "./log_file.ts";
import { groupOf, userOf } from "./owner.ts";
import { plan, type Step, type WantedDaemon } from "./plan.ts";
import { endOverdue } from "./retired.ts";
import { readServed } from "./served.ts";
import { boundSpace, ensureResources, type Own, readOwn, warnOfShortage } from "./prlimit.ts";
import { neededBy, startOptions } from "./resources.ts";
import { currentForm } from "../permissions/current_form.ts";
import type { Form } from "../permissions/form.ts";
import type { Sightings } from "./sightings.ts";
import { type DaemonSignal, send, waitFor } from "./stop.ts";
import { startDaemon, type Started } from "./spawn.ts";
import { explainNotListening } from "./strangers.ts";

/** A pass that starts a hundred daemons takes seconds; a stop waits for streams to drain. */
const LOCK_DEADLINE_MS = 60_000;

/** How long the last pass waits for proxies that have been told to end; what is left of them then, the next pass removes. */
const GONE_DEADLINE_MS = 6_000;

/**
 * How many daemons start at once. A start is work for a core rather than waiting; a hundred at once would only take each
 * other's time, until all of them are late.
 */
const STARTS_AT_ONCE = 2 * navigator.hardwareConcurrency;

/** What a pass needs to know of the host, and what comes of it. */
interface Context {
  readonly mayStart: (title: Title) => boolean;
  readonly host: number;
  /** The daemons that ran when the pass began. */
  readonly daemons: readonly RunningDaemon[];
  readonly desired: Desired;
  readonly form: Form;
  /** What this process has itself; read when it is first asked for. */
  readonly own: () => Promise<Own>;
  readonly failures: string[];
  /** Processes that have been told to stop listening. */
  readonly leaving: number[];
  /** The titles of daemons that can't have the descriptors they need, and how many they have. */
  readonly short: Map<Title, number>;
}

/** Something that makes passes by itself, as a watch does. */
export interface Supervisor {
  /** Whether a daemon that should be started may be, now; asked once for each. */
  readonly mayStart: (title: Title) => boolean;
  /** What it has missed in the passes before. An operator's word counts at once. */
  readonly sightings: Sightings;
  /** The process IDs of daemons that show no sign of life, to be replaced. */
  readonly dead: ReadonlySet<number>;
}

/**
 * Does one pass. What `setup` has recorded is served even if it can't be put back, which comes first unless there is a
 * supervisor.
 *
 * @param verb Why; see {@linkcode plan}.
 * @param config The configuration file.
 * @param supervisor Who makes passes by itself; an operator or a driver is none, so what it says ends a hold, or puts it on.
 * @returns How many daemons should run now; `undefined` if a hold keeps a supervisor from starting any.
 * @throws {DaemonError} If a daemon could not be started or ended; the others were.
 * @throws {import("../errors.ts").TproxyError} If what should run, or what does, can't be found out; then nothing was changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/table.ts`.
 */
export async function reconcile(
  verb: Verb,
  config: string,
  supervisor?: Supervisor,
): Promise<number | undefined> {
  if (verb === "stop") return await stop(config, supervisor);
  return await prepareThenLock({
    path: config,
    prepare: () => readSettings(config),
    lock: withDaemonLock,
    use: async (settings) => {
      if (supervisor === undefined) await release();
      // A supervisor has put back what is missing itself, as far as it may.
      const present = supervisor === undefined ? await restore(await look()) : await look();
      return supervisor !== undefined && await isHeld() ? undefined : await pass(verb, settings, present, supervisor);
    },
  });
}

/**
 * The lock of whoever starts and ends daemons. Under it, a pass takes the lock of `setup`; nobody takes them the other way
 * round.
 */
function withDaemonLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(RUN_FILES.daemonLock, LOCK_DEADLINE_MS, work);
}

async function stop(config: string, supervisor: Supervisor | undefined): Promise<number | undefined> {
  const { drainTimeoutMs } = await readLimits(config);
  return await withDaemonLock(async () => {
    if (supervisor === undefined) await hold();
    else if (await isHeld()) return undefined;
    const { daemons } = await findDaemons();
    await endAll(daemons.map(({ pid }) => pid), drainTimeoutMs);
    await endEgress();
    await removeLeftovers(new Set());
    return 0;
  });
}

async function pass(
  verb: Verb,
  settings: Settings,
  present: Present,
  supervisor: Supervisor | undefined,
): Promise<number> {
  const [{ host, daemons }, heldTo] = await Promise.all([findDaemons(), readEgress()]);
  const found = await findBridges(present, daemons);
  const bridges = supervisor?.sightings.keep(found, await readServed(), daemons, performance.now()) ?? found;
  const desired: Desired = { ...settings, bridges };
  const mayStart = supervisor?.mayStart ?? (() => true);
  const egress = egressFor(new Map([...bridges].map(([bridge, { endpoints }]) => [bridge, endpoints])));
  const widened = await widenEgress(egress, heldTo);
  const form = currentForm();
  let own: Promise<Own> | undefined;
  const context: Context = {
    ...{ mayStart, host, daemons, desired, form, own: () => own ??= readOwn() },
    ...{ failures: [], leaving: [], short: new Map() },
  };
  await endOverdue(daemons, settings.limits);
  const { steps, end } = plan(verb, await prepare(context), daemons, supervisor?.dead);
  const [starts, others] = [steps.filter(({ start }) => start), steps.filter(({ start }) => !start)];
  const [first, ...rest] = starts;
  const isOuter = first !== undefined && first.wanted.role === OUTER;
  // Outer first: an inner without its other half could only turn guests away. And the routes of those that stay before
  // the starts, of which there may be many.
  const replaced = isOuter && await start(first, context) ? first.retire : [];
  await atMostAtOnce(STARTS_AT_ONCE, others.filter(({ wanted }) => wanted.changed), async (step) => {
    for (const pid of step.reload) await provide(step, pid, context);
  });
  await tell("HUP", others.flatMap(({ reload }) => reload), context);
  await atMostAtOnce(STARTS_AT_ONCE, isOuter ? rest : starts, async (step) => void await start(step, context));
  await retire(others.flatMap(({ retire, retireFirst }) => [...retire, ...retireFirst]), context);
  // Last of all, since a former version's inners call its outer at other sockets, until they have successors themselves.
  await retire(replaced, context);
  await leave("TERM", [...others.flatMap(({ end }) => end), ...end], context);
  await settle(context.leaving);
  await narrowEgress(egress, widened);
  if (steps.length === 0 && widened?.exists) {
    // Their streams have the drain timeout; without any they are gone at once, and nothing is left of the rules either.
    await waitFor(context.leaving, "ended", GONE_DEADLINE_MS);
    if ((await findDaemons()).daemons.length === 0) await endEgress();
  }
  warnOfShortage(context.short);
  if (context.failures.length > 0) throw new DaemonError(context.failures.join("; "));
  await removeLeftovers(new Set(context.desired.bridges.keys()));
  return steps.length;
}

/** Writes the route files and says which daemons should run. One whose file can't be written goes on with the old one. */
async function prepare({ desired, host, form, failures }: Context): Promise<WantedDaemon[]> {
  const { bridges, owner } = desired;
  if (bridges.size === 0) return [];
  await ensureProxyDir();
  for (const role of [OUTER, ...[...bridges.keys()].map(innerOf)]) {
    try {
      await ensureLog(role, owner);
    } catch (error) {
      failures.push(`Cannot open the log of ${role.bridge ?? role.title}: ${describe(error)}`);
    }
  }
  const inners: WantedDaemon[] = [];
  for (const [bridge, { netns }] of bridges) {
    const role = innerOf(bridge);
    const flags = daemonFlags(role, bridges, form).join(";");
    let changed = false;
    try {
      changed = await writeInnerRoutes(bridge, desired);
    } catch (error) {
      failures.push(`Cannot write the routes of ${bridge}: ${describe(error)}`);
    }
    inners.push({ role, netns, uid: userOf(owner, role), flags, changed });
  }
  const changed = await writeOuterRoutes(desired);
  const flags = daemonFlags(OUTER, bridges, form).join(";");
  return [{ role: OUTER, netns: host, uid: userOf(owner, OUTER), flags, changed }, ...inners];
}

/** Starts one daemon in the place of those that it replaces; a failure is logged, returns false and leaves the others alone. */
async function start(step: Step, context: Context): Promise<boolean> {
  const { role, netns } = step.wanted;
  const { title, bridge } = role;
  const { mayStart, host, daemons, form, desired: { owner, bridges, limits } } = context;
  try {
    if (!mayStart(title)) return false;
    await makeRoom(step, context);
    if (bridge !== undefined) await setNetnsSysctls(namesOf(bridge));
    await ensureUsageFiles(role, owner, 1 + daemons.filter((daemon) => daemon.role.title === title).length);
    const serves = role === OUTER ? [...bridges.keys()] : [];
    const flags = daemonFlags(role, bridges, form);
    const { footprint, hard } = await context.own();
    const resources = startOptions(neededBy(limits, role, footprint), owner === undefined, hard);
    const onWaiting = step.retireFirst.length === 0 ? undefined : async () => {
      await retire(step.retireFirst, context);
      await settle(step.retireFirst);
    };
    const started = await takeOver({ role, flags, owner, resources, serves, host, form, onWaiting }, step, context);
    const { pid, notListening } = started;
    log.info("Started", { title, pid });
    await provide(step, pid, context);
    if (notListening.length > 0) {
      context.failures.push(await explainNotListening(title, notListening, netns));
    }
    if (bridge !== undefined) await retire(step.retire, context);
    await leave("TERM", step.end, context);
    return true;
  } catch (error) {
    context.failures.push(describe(error));
    log.error("Cannot start a proxy", { title, error: describe(error) });
    return false;
  }
}

/** Starts one daemon; if it fails, those that it should have replaced have again what it had taken from them by then. */
async function takeOver(start: DaemonStart, step: Step, context: Context): Promise<Started> {
  const before = await findSockets(start.serves);
  try {
    return await startDaemon(start);
  } catch (error) {
    if (await removeNewSockets(before)) await tell("HUP", step.retire, context);
    throw error;
  }
}

/** Ends the oldest of those that finish their streams where there are so many that one more would be too many. */
async function makeRoom(
  { wanted: { role: { title } }, endFirst }: Step,
  { desired: { limits } }: Context,
): Promise<void> {
  if (endFirst.length === 0) return;
  log.warning("Too many replaced proxies still have streams; ending the oldest", { title, pids: endFirst.join(" ") });
  await endAll(endFirst, limits.drainTimeoutMs);
}

/** Gives a daemon the descriptors and the memory that its limits ask for, as far as this host lets it have them. */
async function provide(step: Step, pid: number, context: Context): Promise<void> {
  const { wanted: { role }, start } = step;
  const { limits, owner } = context.desired;
  try {
    const needed = neededBy(limits, role, (await context.own()).footprint);
    if (start) await boundSpace(pid, { uid: userOf(owner, role), gid: groupOf(owner, role) }, needed);
    const has = await ensureResources(pid, needed);
    if (has < needed.nofile) context.short.set(role.title, has);
  } catch (error) {
    context.failures.push(describe(error));
    log.error("Cannot see to it how much a proxy may take", { title: role.title, pid, error: describe(error) });
  }
}

/** Signals daemons; a signal that can't be sent leaves the rest of the pass alone. */
async function tell(signal: DaemonSignal, pids: readonly number[], { failures }: Context): Promise<void> {
  try {
    await send(signal, pids);
  } catch (error) {
    failures.push(describe(error));
    log.error("Cannot signal proxies", { signal, pids: pids.join(" "), error: describe(error) });
  }
}

/** Tells daemons to stop listening; the pass waits for all of them in its end. */
async function leave(signal: DaemonSignal, pids: readonly number[], context: Context): Promise<void> {
  await tell(signal, pids, context);
  context.leaving.push(...pids);
}

/** Tells daemons to stop listening and finish their streams. */
async function retire(pids: readonly number[], context: Context): Promise<void> {
  for (const [signal, which] of retirements(pids, context)) await leave(signal, which, context);
}

/** Which signals tell daemons to finish their streams, and to whom each goes. */
function retirements(pids: readonly number[], { daemons }: Context): [DaemonSignal, number[]][] {
  const retiring = daemons.filter(({ pid }) => pids.includes(pid));
  return (["USR1", "USR2"] as const).map((signal) => {
    return [signal, retiring.filter(({ retire }) => retire === signal).map(({ pid }) => pid)];
  });
}
