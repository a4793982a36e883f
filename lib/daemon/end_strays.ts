/**
 * Ending strays.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { log } from "../log.ts";
import { PROGRAMS } from "../programs.ts";
import { runCommand } from "../run_command.ts";
import { findDaemons, type Processes } from "./find_daemons.ts";
import { isOurNumber } from "./owner.ts";
import type { Process } from "./ps.ts";
import { send, unlessGone, waitFor } from "./stop.ts";
import { findLasting, findStrays, mayBeProbe, someOf } from "./strays.ts";

/** How often strays are ended: they may try to end what ends them. */
const ROUNDS = 5;

/** How long a process may take to end that was killed, in milliseconds. */
const END_DEADLINE_MS = 2_000;

/**
 * Ends the strays that a pass finds, except the probe. The caller has the daemons' lock, so that no proxy is about to
 * start.
 *
 * @param processes The processes of this machine, which may have been listed before the caller had the lock.
 * @throws {import("../errors.ts").TproxyError} If ps, getent or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps, getent and kill, and `--allow-read=/run/netns`.
 */
export async function endFoundStrays(processes: Processes): Promise<void> {
  if ((await findLasting(await findToEnd(processes))).length === 0) return;
  // What was about to be a proxy then is one by now.
  const strays = await findToEnd(await findDaemons());
  if (strays.length > 0) warnOfEnd(strays);
  await send("KILL", strays.map(({ pid }) => pid));
}

async function findToEnd(processes: Processes): Promise<Process[]> {
  return (await findStrays(processes)).own.filter((stray) => !mayBeProbe(stray));
}

/**
 * Ends all strays, after the daemons have been ended. The caller has the daemons' lock.
 *
 * @returns What is left of daemons and strays, or may be.
 * @throws {import("../errors.ts").TproxyError} If ps, getent, setpriv or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps, getent, setpriv and kill, and
 * `--allow-read=/run/netns`.
 */
export async function endStrays(): Promise<readonly Pick<Process, "pid">[]> {
  for (let round = 0;; round++) {
    const processes = await findDaemons();
    const { own, doubtful, elsewhere } = await findStrays(processes);
    const left = [...processes.daemons, ...doubtful];
    if (own.length === 0 || round > ROUNDS) return [...own, ...left];
    if (round === 0) {
      await findLasting(own);
      continue;
    }
    if (round === 1) tellOfEnd(own);
    // A process that starts another one and ends, again and again, has always ended when its ID is known.
    const spared = new Set([...left, ...elsewhere].map(({ uid }) => uid));
    const users = new Set(own.map(({ uid }) => uid).filter(isOurNumber)).difference(spared);
    for (const uid of users) await killAllOf(uid);
    const pids = own.map(({ pid }) => pid);
    await send("KILL", pids);
    await waitFor(pids, "ended", END_DEADLINE_MS);
  }
}

/** Kills all processes of a proxy's own user at once, so that none can start another one meanwhile. */
async function killAllOf(uid: number): Promise<void> {
  const asUser = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  await unlessGone(() => runCommand("setpriv", [...asUser, PROGRAMS.kill.path, "-KILL", "--", "-1"]));
}

/** Whoever runs `doctor` meanwhile need not read that a proxy may have been taken over. */
function tellOfEnd(strays: readonly Process[]): void {
  const { probes = [], others = [] } = Object.groupBy(strays, (one) => mayBeProbe(one) ? "probes" : "others");
  if (probes.length > 0) log.info("Ending the probe of doctor, or what has its group", { pids: someOf(probes) });
  if (others.length > 0) warnOfEnd(others);
}

function warnOfEnd(strays: readonly Process[]): void {
  log.warning("Ending processes that have the group of a proxy and are none: a proxy may have been taken over", {
    count: strays.length,
    pids: someOf(strays),
    title: strays[0]?.args ?? "",
  });
}

/**
 * Says that processes are left that may be a proxy's.
 *
 * @param left The processes.
 * @returns An error with the remedy.
 */
export function strayError(left: readonly Pick<Process, "pid">[]): DaemonError {
  const pids = someOf(left);
  return new DaemonError(
    `The processes ${pids} have the group of a proxy; the kernel's rules for what proxies send stay`,
    `look at them with "ps -f ${pids}"; if they are not of another host, in a container, run "kill -KILL ${pids}" and ` +
      '"tproxy stop"',
  );
}
