/**
 * Signalling daemons, waiting until they have done what a signal says, and killing those that do not.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { DaemonError } from "../errors.ts";
import { log } from "../log.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { readTitle } from "./find_daemons.ts";
import { isOurNumber } from "./owner.ts";
import { askOf, parseProcessStates, type ProcessState } from "./ps.ts";

/** The signals that daemons and strays are sent; `lib/protocol/lifecycle.ts` says what a daemon does on each. */
export type DaemonSignal = "HUP" | "USR1" | "USR2" | "TERM" | "KILL" | "CONT";

const POLL_MS = 20;

/** How long a daemon may take to stop listening. */
const DRAINING_DEADLINE_MS = 2_000;

/**
 * Sends a signal to processes, in their order, by one run of kill(1). `Deno.kill` would ask for the permission to run
 * anything.
 *
 * @param signal The signal.
 * @param pids The processes. It is no error if one has ended meanwhile.
 * @throws {CommandError} If kill fails for any other reason.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill`.
 */
export async function send(signal: DaemonSignal, pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  await unlessGone(() => runCommand("kill", ["-s", signal, "--", ...pids.map(String)]));
}

/**
 * Finds out whether processes are there. It takes one short process, and does not tell who they are.
 *
 * @param pids The processes.
 * @returns Whether all of them are, or have ended and their parent does not know yet.
 * @throws {CommandError} If kill fails for another reason than that one is gone.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/kill`.
 */
export async function areThere(pids: readonly number[]): Promise<boolean> {
  if (pids.length === 0) return true;
  try {
    await runCommand("kill", ["-s", "0", "--", ...pids.map(String)]);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError) || !isAboutTheGone(error.stderr)) throw error;
    return false;
  }
}

/**
 * Sends signals, whether there is anybody to get them or not.
 *
 * @param signal Runs kill(1).
 * @throws {CommandError} If it fails for another reason than that a process is gone.
 */
export async function unlessGone(signal: () => Promise<unknown>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    if (!(error instanceof CommandError) || !isAboutTheGone(error.stderr)) throw error;
  }
}

/** kill(1) prints a line for each process that it can't signal, and goes on. */
function isAboutTheGone(stderr: string): boolean {
  return stderr.split("\n").every((line) => line.includes("No such process"));
}

/**
 * Waits until daemons have ended, or until they drain.
 *
 * @param pids The daemons, which were found to be ours. Their marks are not looked at again.
 * @param until What to wait for. A daemon that has ended counts as one that drains.
 * @param deadlineMs How long to wait, in milliseconds.
 * @returns The processes that do not by then.
 * @throws {CommandError} If ps fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function waitFor(
  pids: readonly number[],
  until: "draining" | "ended",
  deadlineMs: number,
): Promise<readonly number[]> {
  const deadline = performance.now() + deadlineMs;
  for (let left = pids; left.length > 0;) {
    const states = parseProcessStates(await askOf(left, "-ww", "-o", "pid=,uid=,gid=,stat=,args="));
    const goOn = new Set(states.filter((state) => goesOn(state, until)).map(({ pid }) => pid));
    left = left.filter((pid) => goOn.has(pid));
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(POLL_MS);
  }
  return [];
}

/**
 * Tells whether a process that was a daemon has not ended or does not drain yet.
 *
 * Its group decides, since a proxy that was taken over can give itself any title, and no other group. A process of another
 * user's with its ID is another process, and so is one of root's without its title.
 *
 * @param state The process.
 * @param until What to wait for.
 * @returns Whether to go on waiting for it.
 */
export function goesOn({ uid, gid, isZombie, args }: ProcessState, until: "draining" | "ended"): boolean {
  const named = readTitle(args);
  const isDaemon = !isZombie && (isOurNumber(gid) || uid === 0 && named !== undefined);
  return isDaemon && (until === "ended" || !named?.draining);
}

/**
 * Waits until daemons that were told to drain do, and kills those that do not in time.
 *
 * @param pids The processes.
 * @throws {import("../errors.ts").TproxyError} If ps or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill.
 */
export async function settle(pids: readonly number[]): Promise<void> {
  await endStuck(await waitFor(pids, "draining", DRAINING_DEADLINE_MS));
}

/**
 * Ends daemons and waits until they have ended.
 *
 * @param pids The processes.
 * @param drainTimeoutMs How long their streams may go on, in milliseconds.
 * @throws {DaemonError} If one is still there.
 * @throws {import("../errors.ts").TproxyError} If ps or kill fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill.
 */
export async function endAll(pids: readonly number[], drainTimeoutMs: number): Promise<void> {
  await send("TERM", pids);
  const stuck = await waitFor(pids, "ended", drainTimeoutMs + DRAINING_DEADLINE_MS);
  await endStuck(stuck);
  const left = await waitFor(stuck, "ended", DRAINING_DEADLINE_MS);
  if (left.length > 0) throw new DaemonError(`Cannot end the processes ${left.join(" ")}`, 'look at them with "ps"');
}

async function endStuck(pids: readonly number[]): Promise<void> {
  if (pids.length === 0) return;
  log.warning("Ending proxies that do not answer", { pids: pids.join(" ") });
  await send("KILL", pids);
}
