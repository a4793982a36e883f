/**
 * Keeping the proxies going: one that was stopped goes on, and one that shows no sign of life is replaced.
 *
 * @module
 */

import { getLogger } from "../log.ts";
import type { RunningDaemon } from "./find.ts";
import { send } from "./signal.ts";
import { isStopped, readSigns } from "./signs.ts";
import { SILENCE_MS, Vitals } from "./vitals.ts";

const log = getLogger("proxies");

/** Keeps proxies going, and remembers what it has seen of them. */
export class ProxyKeeper {
  readonly #vitals = new Vitals();
  #dead: ReadonlySet<number> = new Set();

  /**
   * Looks for signs of life, and lets those go on that were stopped.
   *
   * WHY a stopped one is not replaced: nothing of it is lost, and its live streams go on with it. What stops it again and
   * again, or holds it in a debugger, keeps it from showing a sign of life, after which it is replaced all the same.
   *
   * @param daemons Those that run.
   * @returns The process IDs of those that have shown no sign of life for too long.
   * @throws {import("../run_command.ts").CommandError} If ps or kill fails.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and kill, and `--allow-read=/run/one_tproxy`.
   */
  async keep(daemons: readonly RunningDaemon[]): Promise<ReadonlySet<number>> {
    const signs = await readSigns(daemons);
    const stopped = signs.filter(isStopped);
    for (const { title, pid } of stopped) log.warning("A proxy was stopped; letting it go on", { title, pid });
    await send("CONT", stopped.map(({ pid }) => pid));
    const dead = this.#vitals.look(signs, performance.now());
    for (const { title, pid } of dead.filter(({ pid }) => !this.#dead.has(pid))) {
      log.warning("A proxy shows no sign of life; replacing it", { title, pid, seconds: SILENCE_MS / 1000 });
    }
    this.#dead = new Set(dead.map(({ pid }) => pid));
    return this.#dead;
  }
}
