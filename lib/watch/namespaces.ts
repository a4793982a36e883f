/**
 * Which namespaces a pass of the watch looks into.
 *
 * A look into one takes two processes, so a pass does not look into all. It looks into those in which something has
 * changed: one program tells of most changes in all namespaces. The kernel does not tell of every setting, and an event
 * may be lost, so each pass looks into some more, round robin. How many depends on how long ago the last pass was, so
 * that a change which nobody tells of is found in bounded time on a host with any number of bridges.
 *
 * @module
 */

import type { HostView } from "../health/bridges.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";

/** Into how many namespaces a pass looks at least in which nothing seems to have changed. */
const PER_PASS = 10;

/**
 * Within how many milliseconds of passes each namespace has its turn. Passes are two minutes apart at most, so a change is
 * found within ten minutes.
 */
const ROUND_MS = 480_000;

/** Remembers in which namespaces something has changed, and which is next. */
export class NamespaceChooser {
  /** Arguments of `ip` that have it print a line with every change. */
  static readonly MONITOR = ["monitor", "address", "route", "link", "netconf", "all-nsid"];

  /** The IDs that the host has for our namespaces. */
  #ids: ReadonlySet<number> = new Set();
  readonly #changed = new Set<number>();
  #last: BridgeName | undefined;
  #chosenAt: number | undefined;

  /**
   * Reads a line of the monitor. Changes in the host's own namespace and in those of containers are passed over.
   *
   * @param line What it printed, for example `[nsid 3]Deleted 7: br0a …`.
   * @returns Whether there should be a pass.
   */
  isEvent(line: string): boolean {
    const id = namespaceIn(line);
    if (id === undefined || !this.#ids.has(id)) return false;
    this.#changed.add(id);
    return true;
  }

  /**
   * Chooses the namespaces that a pass looks into.
   *
   * @param host What the host has.
   * @param bridges All bridges that should have a proxy, in ascending order.
   * @param faulty Those that were not as they should be when they were last looked at.
   * @param now The time in milliseconds, from a clock that does not jump.
   * @returns The bridges of the namespaces: those with a change or a fault, those whose veth pair has no carrier, and
   * the next ones in turn.
   */
  choose(
    host: Pick<HostView, "links">,
    bridges: readonly BridgeName[],
    faulty: ReadonlySet<BridgeName>,
    now: number,
  ): Set<BridgeName> {
    const ports = new Map(bridges.map((bridge) => [bridge, host.links.get(namesOf(bridge).bridgeEnd)]));
    this.#ids = new Set([...ports.values()].flatMap((port) => port?.peerNetns ?? []));
    const chosen = bridges.filter((bridge) => {
      const { carrier = false, peerNetns = NaN } = ports.get(bridge) ?? {};
      return !carrier || faulty.has(bridge) || this.#changed.has(peerNetns);
    });
    this.#changed.clear();
    const next = nextAfter(this.#last, bridges, shareOf(bridges.length, now - (this.#chosenAt ?? now)));
    this.#chosenAt = now;
    this.#last = next.at(-1);
    return new Set([...chosen, ...next]);
  }
}

/**
 * Finds the namespace that a line of the monitor is about.
 *
 * @param line What it printed.
 * @returns The ID that the host has for it; `undefined` for the host's own, and for a line that continues another.
 */
export function namespaceIn(line: string): number | undefined {
  const [, id] = /^\[nsid (\d+)\]/.exec(line) ?? [];
  return id === undefined ? undefined : Number(id);
}

/**
 * Tells how many namespaces are due in a pass.
 *
 * @param bridges How many bridges there are.
 * @param sinceMs How long ago the last pass was, in milliseconds.
 * @returns The share of that time of a round, 10 at least.
 */
function shareOf(bridges: number, sinceMs: number): number {
  return Math.max(PER_PASS, Math.ceil(bridges * sinceMs / ROUND_MS));
}

/**
 * Takes the next names in turn, from the first one on after the last one.
 *
 * @param last The name that was taken last.
 * @param names All names, in ascending order.
 * @param count How many to take.
 * @returns The names; all if there are no more than `count`.
 */
export function nextAfter<T extends string>(last: T | undefined, names: readonly T[], count: number): T[] {
  const after = names.filter((name) => last !== undefined && name > last);
  const rest = names.filter((name) => last === undefined || name <= last);
  return [...after, ...rest].slice(0, count);
}
