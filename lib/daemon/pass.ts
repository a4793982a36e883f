/**
 * The second part of a pass: starting, signalling and ending daemons as its plan says.
 *
 * @module
 */

import { endpointsByBridge } from "../address.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { namesOf } from "../names_of.ts";
import { setNetnsSysctls } from "../netns/sysctls.ts";
import type { Form } from "../permissions/form.ts";
import type { Role, Title } from "../role.ts";
import { forEachConcurrently } from "./concurrency.ts";
import type { Desired } from "./desired.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import { followed } from "./followed.ts";
import type { Keep, Plan, Start } from "./daemon_plan.ts";
import { Provider } from "./provide.ts";
import { ensureUsageFiles } from "./route_files.ts";
import { startDaemon, type Started } from "./spawn.ts";
import { type DaemonSignal, endAll, send, settle } from "./stop.ts";
import { findSockets, removeNewSockets } from "./string_dir.ts";
import { explainNotListening } from "./not_listening.ts";

/**
 * How many daemons start at once. A start is work for a core rather than waiting; a hundred at once would only take
 * each other's time, until all of them are late.
 */
const STARTS_AT_ONCE = 2 * navigator.hardwareConcurrency;

/** What a pass works with. */
export interface PassInput {
  /** The inode of the host's network namespace. */
  readonly host: number;
  /** The daemons that ran when the pass began. */
  readonly daemons: readonly RunningDaemon[];
  /** What should run. */
  readonly desired: Desired;
  /** In which form the daemons are there. */
  readonly form: Form;
  /** Whether a daemon that should be started may be, now. */
  readonly mayStart: (title: Title) => boolean;
  /** Called before a daemon is started. */
  readonly onStart: (title: Title) => void;
}

/** A pass over all daemons. What fails for one is logged, and leaves the others alone. */
export class Pass {
  /** What could not be done, a line each. */
  readonly failures: string[] = [];
  /** Whether it has started a daemon, or has tried to. */
  hasStarted = false;
  /** The process IDs of those that have been told to stop listening. */
  readonly leaving: number[] = [];
  readonly #input: PassInput;
  readonly #provider: Provider;

  /** @param input What it works with. */
  constructor(input: PassInput) {
    this.#input = input;
    this.#provider = new Provider(input.desired.limits, input.desired.owner);
  }

  /**
   * Does what a plan says, and waits until all daemons that were told to have stopped listening.
   *
   * @param plan What to do.
   * @throws {import("../errors.ts").TproxyError} If ps or kill fails.
   * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/command_permissions.ts`.
   */
  async carryOut({ outer, inners, keeps, end }: Plan): Promise<void> {
    // Before any inner, which without its other half could only turn guests away.
    const replaced = outer !== undefined && await this.#start(outer) ? outer.retire : [];
    // The routes of those that stay, before the starts, of which there may be many.
    const changed = keeps.filter(({ wanted }) => wanted.changed);
    await forEachConcurrently(STARTS_AT_ONCE, changed, ({ daemon }) => this.#provide(daemon.role, daemon.pid, false));
    const reloads = keeps.filter(({ reload }) => reload);
    await this.#tell("HUP", reloads.map(({ daemon }) => daemon));
    // A new inner should find its socket.
    const first = inners.length === 0 ? [] : reloads.filter(({ daemon }) => daemon.role.program === "outer");
    await this.#untilFollowed(first);
    await forEachConcurrently(STARTS_AT_ONCE, inners, async (start) => {
      if (await this.#start(start)) await this.#retire(start.retire);
    });
    await this.#retire(keeps.flatMap(({ retire }) => retire));
    // Last of all, since a former version's inners call its outer at other sockets, until they have successors
    // themselves.
    await this.#retire(replaced);
    await this.#leave("TERM", [...keeps.flatMap(({ end }) => end), ...end]);
    await settle(this.leaving);
    await this.#untilFollowed(reloads.filter((keep) => !first.includes(keep)));
    this.#provider.warn();
  }

  /** Waits until daemons that were told to read their routes listen on what these say, and on nothing else. */
  async #untilFollowed(keeps: readonly Keep[]): Promise<void> {
    const roles = keeps.map(({ wanted: { role } }) => role);
    for (const { title, log: file } of await followed(roles, endpointsByBridge(this.#input.desired.bridges))) {
      log.warning("A proxy does not listen yet as it should", { title, log: file });
    }
  }

  /** Starts a daemon in the place of others, and tells whether it runs. */
  async #start(start: Start): Promise<boolean> {
    const { wanted: { role, netns }, endFirst, end } = start;
    const { title } = role;
    if (!this.#input.mayStart(title)) return false;
    this.#input.onStart(title);
    this.hasStarted = true;
    try {
      await this.#endFirst(title, endFirst);
      if (role.program === "inner") await setNetnsSysctls(namesOf(role.bridge));
      const { pid, notListening } = await this.#takeOver(start);
      log.info("Started", { title, pid });
      await this.#provide(role, pid, true);
      if (notListening.length > 0) this.failures.push(await explainNotListening(title, notListening, netns));
      await this.#leave("TERM", end);
      return true;
    } catch (error) {
      this.#fail("Cannot start a proxy", error, { title });
      return false;
    }
  }

  async #endFirst(title: Title, daemons: readonly RunningDaemon[]): Promise<void> {
    if (daemons.length === 0) return;
    const pids = pidsOf(daemons);
    log.warning("Too many replaced proxies still have streams; ending the oldest", { title, pids: pids.join(" ") });
    await endAll(pids, this.#input.desired.limits.drainTimeoutMs);
  }

  /** Starts a daemon; if it fails, those that it should have replaced get back what it had taken from them by then. */
  async #takeOver({ wanted: { role, groups, flags }, retireFirst, retire }: Start): Promise<Started> {
    const { host, form, daemons, desired: { owner, bridges } } = this.#input;
    await ensureUsageFiles(role, owner, 1 + daemons.filter((daemon) => daemon.role.title === role.title).length);
    const resources = await this.#provider.startOptions(role);
    const onWaiting = retireFirst.length === 0 ? undefined : async () => {
      await this.#retire(retireFirst);
      await settle(pidsOf(retireFirst));
    };
    const before = findSockets(role.program === "outer" ? [...bridges.keys()] : []);
    try {
      return await startDaemon({ role, flags, owner, groups, resources, host, form, onWaiting });
    } catch (error) {
      if (await removeNewSockets(before)) await this.#tell("HUP", retire);
      throw error;
    }
  }

  async #provide(role: Role, pid: number, isNew: boolean): Promise<void> {
    try {
      await this.#provider.provide(role, pid, isNew);
    } catch (error) {
      this.#fail("Cannot set the resource limits of a proxy", error, { title: role.title, pid });
    }
  }

  /** Tells daemons to drain. */
  async #retire(daemons: readonly RunningDaemon[]): Promise<void> {
    for (const [signal, which] of retirements(daemons)) await this.#leave(signal, which);
  }

  async #leave(signal: DaemonSignal, daemons: readonly RunningDaemon[]): Promise<void> {
    await this.#tell(signal, daemons);
    this.leaving.push(...pidsOf(daemons));
  }

  async #tell(signal: DaemonSignal, daemons: readonly RunningDaemon[]): Promise<void> {
    const pids = pidsOf(daemons);
    try {
      await send(signal, pids);
    } catch (error) {
      this.#fail("Cannot signal proxies", error, { signal, pids: pids.join(" ") });
    }
  }

  #fail(message: string, error: unknown, fields: Record<string, unknown>): void {
    this.failures.push(describe(error));
    log.error(message, { ...fields, error: describe(error) });
  }
}

/** Which signals tell daemons to drain, and to whom each goes. */
function retirements(daemons: readonly RunningDaemon[]): [DaemonSignal, RunningDaemon[]][] {
  return (["USR1", "USR2"] as const).map((signal) => [signal, daemons.filter(({ retire }) => retire === signal)]);
}

function pidsOf(daemons: readonly RunningDaemon[]): number[] {
  return daemons.map(({ pid }) => pid);
}
