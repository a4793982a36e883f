/**
 * One pass: compare what runs with what should, and do the difference. `start`, `reload` and `restart` are all this pass; run
 * twice, the second does nothing.
 *
 * @module
 */

import { endpointsByBridge } from "../address.ts";
import { prepareThenLock } from "../config/prepare_then_lock.ts";
import { DaemonError } from "../errors.ts";
import { currentForm } from "../permissions/current_form.ts";
import { noteUnlessBusy } from "../setup/change_bridge.ts";
import { restore } from "../setup/restore.ts";
import { moveControlSockets } from "./control_dirs.ts";
import { withDaemonLock } from "./daemon_lock.ts";
import { type Desired, findBridges } from "./desired.ts";
import { egressFor, endEgress, narrowEgress, widenEgress } from "./egress.ts";
import { endFoundStrays, endStrays } from "./end_strays.ts";
import { findAll, type Found } from "./found.ts";
import { allowStart, staysStopped } from "./stay_stopped.ts";
import { writeLastPass } from "./last_pass.ts";
import { Pass } from "./pass.ts";
import { plan } from "./daemon_plan.ts";
import { prepare } from "./prepare.ts";
import { endOverdue } from "./retired.ts";
import { removeLeftovers } from "./route_files.ts";
import { readServed } from "./served.ts";
import { readLatestPass, shareFinishedPass } from "./shared_pass.ts";
import type { Settings, SettingsSource } from "./settings.ts";
import { waitFor } from "./stop.ts";
import { stopAll } from "./stop_all.ts";
import type { Supervisor } from "./supervisor.ts";

/** The verbs of `tproxy` that change what runs. */
export type Verb = "start" | "stop" | "restart" | "reload";

/** How long the last pass waits for proxies that have been told to end; what is left of them then, the next pass removes. */
const GONE_DEADLINE_MS = 6_000;

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
  if (verb === "stop") return await stopAll(source);
  // A supervisor's pass shares no other run's, and waits for none to be shared.
  const seen = supervisor === undefined ? readLatestPass() : undefined;
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
        writeLastPass({ at: Date.now(), seconds, isWatch: supervisor !== undefined });
        return running;
      };
      if (supervisor === undefined) {
        const ownPass = async () => {
          allowStart();
          const found = await findAll();
          return await pass(verb, settings, { ...found, present: await restore(found.present) });
        };
        return await shareFinishedPass({ verb, config: source.path }, seen, () => recorded(ownPass));
      }
      return await recorded(async () => {
        // A supervisor has put back what is missing itself, as far as it may.
        if (staysStopped()) return undefined;
        return await pass(verb, settings, await supervisor.found() ?? await findAll(), supervisor);
      });
    },
  });
}

async function pass(
  verb: Exclude<Verb, "stop">,
  settings: Settings,
  { present, processes, egress: egressBefore }: Found,
  supervisor?: Supervisor,
): Promise<number> {
  const { host, daemons } = processes;
  const wantedNow = findBridges(present, daemons, supervisor?.warn);
  const bridges = supervisor?.gracePeriod.keep(wantedNow, readServed(), daemons, performance.now()) ?? wantedNow;
  const desired: Desired = { ...settings, bridges };
  const form = currentForm();
  const { mayStart = () => true, onStart = () => {} } = supervisor ?? {};
  const pass = new Pass({ host, daemons, desired, form, mayStart, onStart });
  const egress = egressFor(endpointsByBridge(bridges));
  const widened = await widenEgress(egress, egressBefore);
  await endFoundStrays(processes);
  await endOverdue(daemons, settings.limits);
  const wanted = await prepare(desired, host, form, pass.failures);
  await pass.carryOut(plan(verb, wanted, daemons, supervisor?.dead));
  await moveControlSockets();
  await narrowEgress(egress, widened);
  if (wanted.outer === undefined && widened?.exists) {
    // Their streams have the drain timeout; without any they are gone at once, and nothing is left of the rules either.
    await waitFor(pass.leaving, "ended", GONE_DEADLINE_MS);
    if ((await endStrays()).length === 0) await endEgress();
  }
  if (pass.failures.length > 0) throw new DaemonError(pass.failures.join("; "));
  await removeLeftovers(new Set(bridges.keys()));
  if (pass.leaving.length === 0 && !pass.hasStarted) supervisor?.onUnchanged(daemons);
  return wanted.outer === undefined ? 0 : 1 + wanted.inners.length;
}
