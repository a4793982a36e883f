/**
 * Keeping the kernel's state of bridges as `setup` has recorded it, and naming what is wrong with other bridges.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { describeFault, type Fault } from "../fault.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { RUN_FILES } from "../paths.ts";
import { applyRecord } from "../setup/apply_record.ts";
import { recoverRecord } from "../setup/setup_record_file.ts";
import { rememberVlans } from "../netns/vlan_record.ts";
import type { PresentEgress } from "../nft/egress_listing.ts";
import { listState } from "../nft/nft.ts";
import { NamespaceChooser } from "./namespaces.ts";
import { bridgesOf, findFaultsOfBridges, type HostView, lookAtHost } from "../health/bridges.ts";
import { readEgress } from "../daemon/egress.ts";
import { KnownRules, type ListedRules } from "./known_rules.ts";
import { Stability, textOf } from "./stability.ts";

/** How many bridges are set up again under one hold of the lock. A VM's deploy waits for it. */
const HEALED_PER_LOCK = 10;

/** How long to wait for the lock of `setup`, in milliseconds. The next pass tries again. */
const LOCK_DEADLINE_MS = 5_000;

/** What a pass has found of the bridges and of the rules. */
export interface Kept {
  /** What the host had before anything was changed. */
  readonly host: HostView;
  /** The rules that restrict the proxies; `undefined` if they can't be listed. */
  readonly egress: PresentEgress | undefined;
  /** Whether a bridge was set up again, so that the host has more now. */
  readonly hasChanged: boolean;
}

/** Keeps bridges as they should be, and remembers what it has logged of them. */
export class BridgeKeeper {
  /** Which namespaces to look into. */
  readonly namespaces = new NamespaceChooser();
  /** The rules as they were listed, while nobody has changed them. */
  readonly rules = new KnownRules();
  /** The bridges that were not as they should be when they were last looked at. */
  #faulty: ReadonlySet<BridgeName> = new Set();
  readonly #stability = new Stability();
  /** What was last logged of each bridge that the network driver made. */
  readonly #logged = new Map<BridgeName, string>();

  /** Whether all bridges were as they should be when they were last looked at. */
  get areSound(): boolean {
    return this.#faulty.size === 0 && this.#stability.areStable;
  }

  /**
   * Looks at all bridges. Those that are not as they should be are set up again if `setup` has recorded them, and named
   * once if not.
   *
   * @param served The bridges whose inner runs.
   * @returns What was found.
   * @throws {import("../errors.ts").TproxyError} If ip or nft fails, or its answer can't be read.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns`.
   */
  async keep(served: ReadonlySet<BridgeName>): Promise<Kept> {
    const known = this.rules.known(performance.now());
    let [host, egress] = await this.#look(known);
    const bridges = bridgesOf(host);
    const lookInto = this.namespaces.choose(host, bridges, this.#faulty, performance.now());
    let found = await findFaultsOfBridges(host, bridges, lookInto, served);
    if (found.size > 0 && known !== undefined) {
      // What was known may be out of date after all: an event may be late, or lost.
      [host, egress] = await this.#look();
      found = await findFaultsOfBridges(host, bridges, lookInto, served);
    }
    this.#faulty = new Set(found.keys());
    const broken = [...found.keys()].filter((bridge) => host.record.has(bridge));
    // It is no fault if it is not noted how rules were applied, but without that nobody can tell whether they change.
    const unknown = [...host.record.keys()].filter((name) => !host.applied.has(name) && bridges.includes(name));
    const due = this.#stability.due([...new Set([...broken, ...unknown])], found, performance.now());
    await this.#heal(due, served);
    await rememberVlans(host.record.keys(), host.links);
    for (const bridge of bridges) if (!host.record.has(bridge)) this.#name(bridge, found.get(bridge) ?? []);
    return { host, egress, hasChanged: due.length > 0 };
  }

  /** Looks at the host, and restores the record if it is lost. */
  async #look(former?: ListedRules): Promise<[host: HostView, egress: PresentEgress | undefined]> {
    const listing = this.rules.begin(performance.now());
    const host = await lookAtHost(former?.table);
    const egress = former?.egress ?? await readEgress();
    if (former === undefined) this.rules.end(listing, { table: host.table, egress });
    if (!host.isRecordLost) return [host, egress];
    await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, () => recoverRecord(listState));
    return [await lookAtHost(), egress];
  }

  async #heal(due: readonly BridgeName[], served: ReadonlySet<BridgeName>): Promise<void> {
    for (let i = 0; i < due.length; i += HEALED_PER_LOCK) {
      const some = new Set(due.slice(i, i + HEALED_PER_LOCK));
      await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
        // Once more under the lock, since a `setup` may have been at work.
        const host = await lookAtHost();
        const present = bridgesOf(host).filter((bridge) => some.has(bridge) && host.record.has(bridge));
        const found = await findFaultsOfBridges(host, present, some, served);
        for (const bridge of present) {
          if (found.has(bridge) || !host.applied.has(bridge)) await this.#apply(bridge, host, found.get(bridge) ?? []);
        }
      });
    }
  }

  async #apply(bridge: BridgeName, { record }: HostView, faults: readonly Fault[]): Promise<void> {
    this.#stability.started(bridge, performance.now());
    if (faults.length > 0) {
      const say = this.#stability.isUnstable(bridge) ? log.info : log.warning;
      say("A bridge is not as it should be; setting it up again", { bridge, faults: textOf(faults) });
    }
    try {
      await applyRecord(bridge, record.get(bridge) ?? [], { keepsOthers: true });
    } catch (error) {
      log.error("Cannot set a bridge up again", { bridge, error: describe(error) });
    }
  }

  #name(bridge: BridgeName, faults: readonly Fault[]): void {
    const text = faults.map(describeFault).join("; ");
    if (text !== "" && text !== this.#logged.get(bridge)) {
      log.warning("A bridge that the network driver made is not as it should be", { bridge, faults: text });
    }
    this.#logged.set(bridge, text);
  }
}
