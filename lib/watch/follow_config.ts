/**
 * Following the configuration: what it says reaches the bridges that `setup` has recorded, with their guests running.
 *
 * WHY with `--drop-in` as well: there the network driver makes the bridges and nothing is recorded, so there is nothing to
 * follow for. A bridge that somebody has recorded all the same would never hear of the file again.
 *
 * @module
 */

import { describeProblems } from "../config/config.ts";
import { resolveIpv4 } from "../config/resolve_name.ts";
import { type Settings, settingsOf } from "../daemon/settings.ts";
import type { HostView } from "../health/bridges.ts";
import { log, type LogLine } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { applyPlan, grantsOf } from "../setup/apply_config.ts";
import { describeRefusal, planConfig, removesMost } from "../setup/config_changes.ts";
import { warnOfKept } from "../setup/kept_services.ts";
import { readRecordFile } from "../setup/setup_record_file.ts";
import { ConfigInForce } from "./config_in_force.ts";

/** How many bridges are changed in a pass: whatever else is to be kept waits for it. */
const CHANGED_AT_ONCE = 10;

/** Follows a configuration, and remembers what it has said of it. */
export class ConfigFollower {
  readonly #path: string;
  readonly #inForce: ConfigInForce;
  /** Whether there is more to do than the last pass has done. */
  #isDue = false;
  /** The bridges that could not be changed, and wait until it is time. */
  #failed: ReadonlySet<BridgeName> = new Set();
  /** Whether something in the file could not be used, such as a name that did not resolve. */
  #hasWarnings = false;
  #isSettled = false;
  #saidWarnings = false;
  #saidRefusal = false;

  /**
   * Follows nothing before the first call of {@linkcode follow}.
   *
   * @param path The configuration file.
   */
  constructor(path: string) {
    this.#path = path;
    this.#inForce = new ConfigInForce(path);
  }

  /** Whether there is nothing to do before the file changes or it is time. */
  get isSettled(): boolean {
    return this.#isSettled && !this.#isDue;
  }

  /** Whether there is something to try again when it is time. */
  get triesAgain(): boolean {
    return this.#failed.size > 0 || this.#hasWarnings;
  }

  /**
   * Tells how the proxies should run.
   *
   * @param warn Warns of a user that does not exist.
   * @returns What the last configuration says that could be read; by default if there was none.
   * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
   */
  settings(warn: LogLine): Promise<Settings> {
    return settingsOf(this.#inForce.config, warn);
  }

  /**
   * Looks at the file, and applies it if it has changed and is whole, or if it is time to do so anyway.
   *
   * @param host What the host has; nothing is applied without.
   * @param isTime Whether names are to be resolved again, and what could not be applied tried again.
   * @throws {import("../errors.ts").TproxyError} If the record can't be read.
   * @throws {Deno.errors.NotCapable} Without the permissions of `watch` in `lib/permissions/command_permissions.ts`.
   */
  async follow(host: Pick<HostView, "links"> | undefined, isTime: boolean): Promise<void> {
    const { stamp, state } = await this.#inForce.look();
    this.#isSettled = state === "known";
    if (state === "new") {
      this.#saidWarnings = this.#saidRefusal = false;
      this.#isDue = true;
      this.#failed = new Set();
    }
    const { config, isCurrent } = this.#inForce;
    // While the file is being written, the last one may be older than what a `setup` has just used.
    if (state === "changing" || !isCurrent || !config?.followConfig) return;
    if (host === undefined || !(isTime || this.#isDue)) return;
    this.#isDue = false;
    if (isTime) this.#failed = new Set();
    const record = readRecordFile().bridges;
    const grants = await grantsOf(config, record, resolveUnlessKnown);
    const said = describeProblems(config);
    const warnings = [...grants.warnings].filter((warning) => !said.includes(warning));
    this.#hasWarnings = warnings.length > 0;
    const present = [...host.links.values()].filter(({ kind }) => kind === "bridge").map(({ name }) => name);
    const plan = planConfig(record, grants.grants, new Set(present));
    if (!this.#saidWarnings) {
      this.#saidWarnings = true;
      for (const warning of warnings) log.warning(warning);
      for (const { bridge, kept } of plan.bridges) warnOfKept(bridge, kept, this.#path);
    }
    if (removesMost(plan)) {
      if (!this.#saidRefusal) log.warning(describeRefusal(plan), { path: this.#path });
      this.#saidRefusal = true;
      return;
    }
    const changed = plan.bridges.filter(({ bridge, changes }) => changes.length > 0 && !this.#failed.has(bridge));
    const now = changed.slice(0, CHANGED_AT_ONCE);
    this.#isDue = changed.length > now.length;
    for (const { bridge, changes } of now) {
      const ports = (is: (change: typeof changes[number]) => boolean) =>
        [...new Set(changes.filter(is).map(({ before, after }) => (after ?? before)?.servicePort))].join(" ");
      log.info("A bridge follows the configuration", {
        bridge,
        added: ports(({ before }) => before === undefined),
        removed: ports(({ after }) => after === undefined),
        changed: ports(({ before, after }) => before !== undefined && after !== undefined),
      });
    }
    const failures = await applyPlan({ config, stamp, ...grants }, { ...plan, bridges: now });
    this.#failed = new Set([...this.#failed, ...failures.keys()]);
  }
}

/** Takes the recorded address of a name, since `refreshNames()` follows a name that has moved. */
async function resolveUnlessKnown(name: string, recorded: ReadonlySet<string>): Promise<string> {
  const [address] = recorded;
  return address ?? await resolveIpv4(name);
}
