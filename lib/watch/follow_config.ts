/**
 * Following the configuration: what it says reaches the bridges that `setup` has recorded, with their guests running.
 *
 * WHY with `--drop-in` as well: there the network driver makes the bridges and nothing is recorded, so there is nothing to
 * follow for. A bridge that somebody has recorded all the same would never hear of the file again.
 *
 * @module
 */

import { type Config, describeProblems } from "../config/config.ts";
import { stampOf } from "../config/prepare_then_lock.ts";
import { parseConfig } from "../config/parse.ts";
import { readConfigText } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve.ts";
import { type Settings, settingsOf } from "../daemon/desired.ts";
import { ConfigError, describe } from "../errors.ts";
import type { HostView } from "../health/bridges.ts";
import { log, type LogLine } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { applyPlan, grantsOf } from "../setup/apply_config.ts";
import { describeRefusal, planConfig, removesMost } from "../setup/config_changes.ts";
import { warnOfKept } from "../setup/kept_services.ts";
import { readRecordFile } from "../setup/setup_record_file.ts";
import { Settled } from "./settled.ts";

/** How many bridges are changed in a pass: whatever else is to be kept waits for it. */
const CHANGED_AT_ONCE = 10;

/** Follows a configuration, and remembers what it has said of it. */
export class ConfigFollower {
  readonly #path: string;
  readonly #settled = new Settled();
  /** The last one that could be read: what a later one that can't be read leaves in force. */
  #config: Config | undefined;
  /** Whether it is what the file holds now. */
  #isCurrent = false;
  /** Whether there is more to do than the last pass has done. */
  #isDue = false;
  /** The bridges that could not be changed, and wait until it is time. */
  #failed: ReadonlySet<BridgeName> = new Set();
  #saidWarnings = false;
  #saidRefusal = false;

  /**
   * Follows nothing before the first call of {@linkcode follow}.
   *
   * @param path The configuration file.
   */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Tells how the proxies should run.
   *
   * @param warn Warns of a user that does not exist.
   * @returns What the last configuration says that could be read; by default if there was none.
   * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
   */
  settings(warn: LogLine): Promise<Settings> {
    return settingsOf(this.#config, warn);
  }

  /**
   * Looks at the file, and applies it if it has changed and is whole, or if it is time to do so anyway.
   *
   * @param host What the host has; nothing is applied without.
   * @param isTime Whether names are to be resolved again, and what could not be applied tried again.
   * @throws {import("../errors.ts").TproxyError} If the record can't be read.
   * @throws {Deno.errors.NotCapable} Without the permissions of `tproxy` in `lib/permissions/table.ts`.
   */
  async follow(host: Pick<HostView, "links"> | undefined, isTime: boolean): Promise<void> {
    const { stamp, state } = await this.#look();
    const config = this.#config;
    // While the file is being written, the last one may be older than what a `setup` has just used.
    if (state === "changing" || !this.#isCurrent || !config?.followConfig) return;
    if (host === undefined || !(isTime || this.#isDue)) return;
    this.#isDue = false;
    if (isTime) this.#failed = new Set();
    const record = readRecordFile().bridges;
    const grants = await grantsOf(config, record, resolveUnlessKnown);
    const present = [...host.links.values()].filter(({ kind }) => kind === "bridge").map(({ name }) => name);
    const plan = planConfig(record, grants.grants, new Set(present));
    if (!this.#saidWarnings) {
      this.#saidWarnings = true;
      const said = describeProblems(config);
      for (const warning of grants.warnings) if (!said.includes(warning)) log.warning(warning);
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

  /** Reads the file, and takes over what is in it once that is whole and good. */
  async #look(): Promise<{ stamp: string; state: ReturnType<Settled["look"]> }> {
    const stamp = await stampOf(this.#path);
    let [text, content]: (string | undefined)[] = [];
    try {
      text = readConfigText(this.#path);
      content = await digest(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      content = describe(error);
    }
    const state = this.#settled.look(content, performance.now());
    // Until the first one has settled, proxies that run should not become somebody else's.
    if (this.#config === undefined && state === "changing" && text !== undefined) {
      this.#config = parseIfGood(text, this.#path);
    }
    if (state === "new") {
      this.#isCurrent = this.#saidWarnings = this.#saidRefusal = false;
      this.#isDue = true;
      this.#failed = new Set();
      if (text === undefined) log.error(`${content}; what is served stays as it is`);
      else this.#take(text);
    }
    return { stamp, state };
  }

  #take(text: string): void {
    try {
      const config = parseConfig(text, this.#path);
      for (const problem of describeProblems(config)) log.warning(problem);
      this.#isCurrent = config.entries !== undefined;
      if (this.#isCurrent || this.#config === undefined) this.#config = config;
      if (!this.#isCurrent) {
        log.warning("The configuration has no :tproxy: key; what is served stays as it is", { path: this.#path });
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`${describe(error)}; what is served stays as it is`);
    }
  }
}

/** That a name has moved is followed by itself, see `lib/setup/refresh_names.ts`. */
async function resolveUnlessKnown(name: string, recorded: ReadonlySet<string>): Promise<string> {
  const [address] = recorded;
  return address ?? await resolveIpv4(name);
}

function parseIfGood(text: string, path: string): Config | undefined {
  try {
    return parseConfig(text, path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // It is said when it has settled.
    return undefined;
  }
}

/** A text that differs if another one does, and is short enough to be kept. */
async function digest(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
