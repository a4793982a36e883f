/**
 * One pass: compare what runs with what should, and do the difference. `start`, `reload` and `restart` are all this pass; run
 * twice, the second does nothing.
 *
 * @module
 */

import { endpointsByBridge } from "../address.ts";
import { prepareThenLock } from "../config/prepare_then_lock.ts";
import { DaemonError } from "../errors.ts";
import type { LogLine } from "../log.ts";
import { currentForm } from "../permissions/current_form.ts";
import type { Title } from "../role.ts";
import { noteUnlessBusy } from "../setup/change_bridge.ts";
import { look, type Present, restore } from "../setup/restore.ts";
import { moveControlSockets } from "./control_dirs.ts";
import { withDaemonLock } from "./daemon_lock.ts";
import { type Desired, findBridges } from "./desired.ts";
import { egressFor, endEgress, narrowEgress, readEgress, widenEgress } from "./egress.ts";
import { findDaemons, type RunningDaemon } from "./find_daemons.ts";
import { allowStart, keepStopped, staysStopped } from "./stay_stopped.ts";
import { writeLastPass } from "./last_pass.ts";
import { Pass } from "./pass.ts";
import { plan } from "./daemon_plan.ts";
import { prepare } from "./prepare.ts";
import { endOverdue } from "./retired.ts";
import { removeLeftovers } from "./route_files.ts";
import { readServed } from "./served.ts";
import { readLatestPass, shareFinishedPass } from "./shared_pass.ts";
import type { GracePeriod } from "./grace_period.ts";
import type { Settings, SettingsSource } from "./settings.ts";
import { endAll, waitFor } from "./stop.ts";

/** The verbs of `tproxy` that change what runs. */
export type Verb = "start" | "stop" | "restart" | "reload";

/** How long the last pass waits for proxies that have been told to end; what is left of them then, the next pass removes. */
const GONE_DEADLINE_MS = 6_000;

/** Something that makes passes by itself, as a watch does. */
export interface Supervisor {
  /** Whether a daemon that should be started may be, now. */
  readonly mayStart: (title: Title) => boolean;
  /** Called before a daemon is started. */
  readonly onStart: (title: Title) => void;
  /** What it has missed in the passes before. An operator's word counts at once. */
  readonly gracePeriod: GracePeriod;
  /** Warns of what a pass finds and does not mend. */
  readonly warn: LogLine;
  /** The process IDs of daemons that show no sign of life, to be replaced. */
  readonly dead: ReadonlySet<number>;
  /** Called with the daemons that run, if the pass has started and ended none. */
  readonly onUnchanged: (daemons: readonly RunningDaemon[]) => void;
  /** When its pass began, by the clock of `performance.now()`: it does more than this in one. */
  readonly began: number;
}

/**
 * Does one pass. What `setup` has recorded is served even if it can't be put back, which comes first unless there is a
 * supervisor.
 *
 * @param verb Why; see {@linkcode plan}. `stop` ends all daemons, draining ones too.
 * @param source Where it gets from how the daemons should run.
 * @param supervisor Who makes passes by itself; an operator or a driver is none, so what it says ends a hold, or puts it on.
 * @returns How many daemons should run now; `undefined` if a hold keeps a supervisor from starting any.
 * @throws {DaemonError} If a daemon could not be started or ended; the others were.
 * @throws {import("../errors.ts").TproxyError} If what should run, or what does, can't be found out; then nothing was changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
 */
export async function reconcile(
  verb: Verb,
  source: SettingsSource,
  supervisor?: Supervisor,
): Promise<number | undefined> {
  if (verb === "stop") return await stop(source);
  // A supervisor's pass shares no other run's, and waits for none to be shared.
  const seen = supervisor === undefined ? await readLatestPass() : undefined;
  const began = supervisor?.began ?? performance.now();
  return await prepareThenLock({
    path: source.path,
    prepare: source.read,
    lock: withDaemonLock,
    use: async (settings) => {
      if (source.note !== undefined) await noteUnlessBusy(source.note);
      const recorded = async <T>(work: () => Promise<T>): Promise<T> => {
        const running = await work();
        const seconds = (performance.now() - began) / 1000;
        await writeLastPass({ at: Date.now(), seconds, isWatch: supervisor !== undefined });
        return running;
      };
      if (supervisor === undefined) {
        const ownPass = async () => {
          await allowStart();
          return await pass(verb, settings, await restore(await look()), supervisor);
        };
        return await shareFinishedPass({ verb, config: source.path }, seen, () => recorded(ownPass));
      }
      return await recorded(async () => {
        // A supervisor has put back what is missing itself, as far as it may.
        const present = await look();
        return await staysStopped() ? undefined : await pass(verb, settings, present, supervisor);
      });
    },
  });
}

/** Ends everything, and keeps supervisors from starting it again. */
async function stop(source: SettingsSource): Promise<number> {
  const { limits: { drainTimeoutMs } } = await source.read();
  const work = async () => {
    await keepStopped();
    const { daemons } = await findDaemons();
    await endAll(daemons.map(({ pid }) => pid), drainTimeoutMs);
    await endEgress();
    await removeLeftovers(new Set());
    return 0;
  };
  return await withDaemonLock(() => shareFinishedPass({ verb: "stop", config: source.path }, undefined, work));
}

async function pass(
  verb: Exclude<Verb, "stop">,
  settings: Settings,
  present: Present,
  supervisor: Supervisor | undefined,
): Promise<number> {
  const [{ host, daemons }, egressBefore] = await Promise.all([findDaemons(), readEgress()]);
  const found = await findBridges(present, daemons, supervisor?.warn);
  const bridges = supervisor?.gracePeriod.keep(found, await readServed(), daemons, performance.now()) ?? found;
  const desired: Desired = { ...settings, bridges };
  const form = currentForm();
  const { mayStart = () => true, onStart = () => {} } = supervisor ?? {};
  const pass = new Pass({ host, daemons, desired, form, mayStart, onStart });
  const egress = egressFor(endpointsByBridge(bridges));
  const widened = await widenEgress(egress, egressBefore);
  await endOverdue(daemons, settings.limits);
  const wanted = await prepare(desired, host, form, pass.failures);
  await pass.carryOut(plan(verb, wanted, daemons, supervisor?.dead));
  await moveControlSockets();
  await narrowEgress(egress, widened);
  if (wanted.outer === undefined && widened?.exists) {
    // Their streams have the drain timeout; without any they are gone at once, and nothing is left of the rules either.
    await waitFor(pass.leaving, "ended", GONE_DEADLINE_MS);
    if ((await findDaemons()).daemons.length === 0) await endEgress();
  }
  if (pass.failures.length > 0) throw new DaemonError(pass.failures.join("; "));
  await removeLeftovers(new Set(bridges.keys()));
  if (pass.leaving.length === 0 && !pass.hasStarted) supervisor?.onUnchanged(daemons);
  return wanted.outer === undefined ? 0 : 1 + wanted.inners.length;
}
