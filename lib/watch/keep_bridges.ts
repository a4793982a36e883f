/**
 * Keeping the kernel's state of bridges as `setup` has recorded it, and naming what is wrong with the others.
 *
 * WHY not every namespace in every pass: a look into one is two processes. The kernel tells of most changes in all of them
 * by one program (see {@linkcode BridgeKeeper.isEvent}), and a namespace in which something has happened is looked into at
 * once. Of settings that the kernel does not tell of, and in case an event was lost, all namespaces have their turn.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { describeFault, type Fault } from "../fault.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf, RUN_FILES } from "../names.ts";
import { applyRecord } from "../setup/apply.ts";
import { recoverRecord } from "../setup/record_file.ts";
import { rememberVlans } from "../netns/vlan_record.ts";
import { listState } from "../nft/nft.ts";
import { Backoff } from "./backoff.ts";
import { bridgesOf, findFaultsOfBridges, type HostView, lookAtHost } from "../health/bridges.ts";

/** How many namespaces have their turn in a pass. */
const TURNS_PER_PASS = 10;

/** How many bridges are set up again before others may have the lock: a VM's deploy waits for it. */
const HEALED_AT_ONCE = 10;

/** How long to wait for the lock of `setup`, in milliseconds; the next pass tries again. */
const LOCK_DEADLINE_MS = 5_000;

/** Keeps bridges, and remembers what it has said of them. */
export class BridgeKeeper {
  /** What `ip` is to be asked for, so that it prints a line for {@linkcode BridgeKeeper.isEvent} with every change. */
  static readonly MONITOR = ["monitor", "address", "route", "link", "netconf", "all-nsid"];

  /** The IDs that the host has for our namespaces, and those in which something has happened. */
  #namespaces: ReadonlySet<number> = new Set();
  readonly #changed = new Set<number>();
  /** Those that were not as they should be when they were last looked at. */
  #faulty: ReadonlySet<BridgeName> = new Set();
  readonly #backoff = new Backoff();
  /** Those that were not as they should be again as soon as they had been set up. */
  readonly #unstable = new Set<BridgeName>();
  readonly #said = new Map<BridgeName, string>();
  #last: BridgeName | undefined;

  /**
   * Reads a line of the monitor.
   *
   * @param line What it printed, for example `[nsid 3]Deleted 7: br0a …`. What happens in the host's own namespace, or in
   * those of containers, is nobody's business here.
   * @returns Whether there should be a pass.
   */
  isEvent(line: string): boolean {
    const namespace = namespaceIn(line);
    if (namespace === undefined || !this.#namespaces.has(namespace)) return false;
    this.#changed.add(namespace);
    return true;
  }

  /**
   * Looks at all bridges, sets those up again that `setup` has recorded and that are not as they should be, and names the
   * others once.
   *
   * @param served The bridges whose inner runs.
   * @returns What there was before anything was mended.
   * @throws {import("../errors.ts").TproxyError} If ip or nft fails, or its answer can't be read.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read` for `/run/netns`.
   */
  async keep(served: ReadonlySet<BridgeName>): Promise<HostView> {
    const host = await lookAndRecover();
    const bridges = bridgesOf(host);
    this.#namespaces = new Set(bridges.map((bridge) => namespaceOf(host, bridge)).filter((id) => id !== undefined));
    const found = await findFaultsOfBridges(host, bridges, this.#toLookInto(host, bridges), served);
    this.#faulty = new Set(found.keys());
    const broken = [...found.keys()].filter((bridge) => host.record.has(bridge));
    // No memory of a bridge's rules is no fault, but without it nobody can tell whether they change.
    const unknown = [...host.record.keys()].filter((name) => !host.applied.has(name) && bridges.includes(name));
    this.#calm(found);
    await this.#heal(this.#due([...new Set([...broken, ...unknown])], found), served);
    await rememberVlans(host.record.keys(), host.links);
    for (const bridge of bridges) if (!host.record.has(bridge)) this.#name(bridge, found.get(bridge) ?? []);
    return host;
  }

  /** Those in which something has happened or is wrong, those that have lost their carrier, and the next ones in turn. */
  #toLookInto(host: HostView, bridges: readonly BridgeName[]): Set<BridgeName> {
    const chosen = bridges.filter((bridge) => {
      const hasCarrier = host.links.get(namesOf(bridge).bridgeEnd)?.carrier ?? false;
      return !hasCarrier || this.#faulty.has(bridge) || this.#changed.has(namespaceOf(host, bridge) ?? NaN);
    });
    this.#changed.clear();
    const turns = nextAfter(this.#last, bridges, TURNS_PER_PASS);
    this.#last = turns.at(-1);
    return new Set([...chosen, ...turns]);
  }

  /** Forgets of those that have stayed as they should be that they once did not. */
  #calm(found: ReadonlyMap<BridgeName, readonly Fault[]>): void {
    const now = performance.now();
    for (const bridge of this.#unstable) {
      if (!found.has(bridge) && this.#backoff.waitFor(bridge, now) === 0) this.#unstable.delete(bridge);
    }
  }

  /** WHY not all at once: what something else keeps changing back, or can't be mended, is not to be tried all the time. */
  #due(bridges: readonly BridgeName[], found: ReadonlyMap<BridgeName, readonly Fault[]>): BridgeName[] {
    const now = performance.now();
    return bridges.filter((bridge) => {
      const isDue = this.#backoff.waitFor(bridge, now) === 0;
      if (!isDue && !this.#unstable.has(bridge)) {
        this.#unstable.add(bridge);
        log.warning("A bridge does not stay as it was set up; setting it up again less and less often", {
          bridge,
          faults: textOf(found.get(bridge) ?? []),
        });
      }
      return isDue;
    });
  }

  async #heal(due: readonly BridgeName[], served: ReadonlySet<BridgeName>): Promise<void> {
    for (let i = 0; i < due.length; i += HEALED_AT_ONCE) {
      const some = new Set(due.slice(i, i + HEALED_AT_ONCE));
      await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
        // Looked at again: a `setup` may have been under way.
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
    this.#backoff.started(bridge, performance.now());
    if (faults.length > 0) {
      const say = this.#unstable.has(bridge) ? log.info : log.warning;
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
    if (text !== "" && text !== this.#said.get(bridge)) {
      log.warning("A bridge that the network driver made is not as it should be", { bridge, faults: text });
    }
    this.#said.set(bridge, text);
  }
}

/** Looks at the host, and makes the record again first if it is lost. */
async function lookAndRecover(): Promise<HostView> {
  const host = await lookAtHost();
  if (!host.isRecordLost) return host;
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, () => recoverRecord(listState));
  return await lookAtHost();
}

function textOf(faults: readonly Fault[]): string {
  return faults.map(({ text }) => text).join("; ");
}

/**
 * Finds the namespace that a line of the monitor is about.
 *
 * @param line What it printed.
 * @returns The ID that the host has for it; `undefined` for the host's own, and for the second line of anything.
 */
export function namespaceIn(line: string): number | undefined {
  const [, id] = /^\[nsid (\d+)\]/.exec(line) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** The ID that the host has for a bridge's namespace, if its veth pair is there. */
function namespaceOf({ links }: HostView, bridge: BridgeName): number | undefined {
  return links.get(namesOf(bridge).bridgeEnd)?.peerNetns;
}

/**
 * Takes the next ones in turn, beginning anew after the last one.
 *
 * @param last The one that had its turn last.
 * @param names All of them, in ascending order.
 * @param count How many to take.
 * @returns Those, or all if there are no more.
 */
export function nextAfter<T extends string>(last: T | undefined, names: readonly T[], count: number): T[] {
  const after = names.filter((name) => last !== undefined && name > last);
  const rest = names.filter((name) => last === undefined || name <= last);
  return [...after, ...rest].slice(0, count);
}
