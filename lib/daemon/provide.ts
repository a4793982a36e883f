/**
 * Giving daemons what they need of the host, by the limits of the configuration.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import type { Role, Title } from "../role.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";
import { boundSpace, ensureResources, type Own, readOwn, warnOfShortage } from "./prlimit.ts";
import { neededBy, startOptions } from "./resources.ts";

/** Provides for the daemons of one pass. */
export class Provider {
  readonly #limits: Limits;
  readonly #owner: Owner;
  /** The daemons that can't have the descriptors they need, and how many they have. */
  readonly #short = new Map<Title, number>();
  #own: Promise<Own> | undefined;

  /**
   * @param limits What is configured.
   * @param owner The user that all daemons run as, if there is one.
   */
  constructor(limits: Limits, owner: Owner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /**
   * Tells what a daemon may take from its first moment on.
   *
   * @param role What the daemon is.
   * @returns prlimit's options.
   * @throws {import("../run_command.ts").CommandError} If ps or prlimit fails.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps and prlimit.
   */
  async startOptions(role: Role): Promise<string[]> {
    const { footprint, hard } = await this.#readOwn();
    return startOptions(neededBy(this.#limits, role, footprint), this.#owner === undefined, hard);
  }

  /**
   * Gives a daemon the descriptors and the memory that it needs, as far as this host lets it have them.
   *
   * @param role What the daemon is.
   * @param pid The daemon.
   * @param isNew Whether it has just been started, so that its address space is still to be bounded.
   * @throws {import("../run_command.ts").CommandError} If ps or prlimit fails.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for ps, prlimit and setpriv.
   */
  async provide(role: Role, pid: number, isNew: boolean): Promise<void> {
    const needed = neededBy(this.#limits, role, (await this.#readOwn()).footprint);
    if (isNew) await boundSpace(pid, { uid: userOf(this.#owner, role), gid: groupOf(this.#owner, role) }, needed);
    const has = await ensureResources(pid, needed);
    if (has < needed.nofile) this.#short.set(role.title, has);
  }

  /** Logs which daemons have fewer descriptors than they need, in one line for all of them. */
  warn(): void {
    warnOfShortage(this.#short);
  }

  #readOwn(): Promise<Own> {
    return this.#own ??= readOwn();
  }
}
