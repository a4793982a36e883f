/**
 * Holding the proxies to what they are for by rules of the kernel, around a pass: a service is let through before outer
 * hears of it, and is shut out when no outer has it in its routes any more.
 *
 * WHY `setup` has no part in it: what outer dials changes with its routes, not with the maps, and the routes are written
 * here, whoever made the maps.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { describe } from "../errors.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, namesOf } from "../names.ts";
import type { Egress } from "../nft/egress.ts";
import { ensureEgress, listEgress, removeEgress } from "../nft/nft.ts";
import { numberOf } from "./owner.ts";

const log = getLogger("egress");

const OUTER = numberOf(undefined);

/** What was last said of rules that can't be had; a watch would say it every few seconds. */
let said = "";

/**
 * Tells what the proxies should be held to.
 *
 * @param bridges The endpoints of every bridge that has a proxy.
 * @returns The services that outer may dial, and where inners answer.
 */
export function egressFor(bridges: ReadonlyMap<BridgeName, { readonly endpoints: readonly Endpoint[] }>): Egress {
  const endpoints = [...bridges.values()].flatMap(({ endpoints }) => endpoints);
  return {
    remotes: new Set(endpoints.map(({ remoteAddr, remotePort }) => `${remoteAddr} . ${remotePort}`).toSorted()),
    innerEnds: new Set([...bridges.keys()].map((bridge) => namesOf(bridge).bridgeEnd).toSorted()),
  };
}

/**
 * Lets through what should be, before the proxies hear of it, and goes on letting through what was.
 *
 * @param wanted What the proxies should be held to; where nobody is served there are no rules to be made.
 * @returns What they are held to now; `undefined` if there are no rules, or this host can't have them, which is logged and
 * keeps nobody from being served.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function widenEgress(wanted: Egress): Promise<Egress | undefined> {
  return await orWarn(async () => {
    const present = await listEgress(OUTER);
    if (wanted.innerEnds.size === 0) return present;
    const both: Egress = {
      remotes: wanted.remotes.union(present?.remotes ?? wanted.remotes),
      innerEnds: wanted.innerEnds.union(present?.innerEnds ?? wanted.innerEnds),
    };
    if (present === undefined || !present.intact || !isSame(both, present)) await ensureEgress(OUTER, both);
    return both;
  });
}

/**
 * Shuts out what should not be let through any more, when the proxies have heard of it.
 *
 * @param wanted What the proxies should be held to.
 * @param present What {@linkcode widenEgress} returned.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function narrowEgress(wanted: Egress, present: Egress | undefined): Promise<void> {
  if (present === undefined || isSame(wanted, present)) return;
  await orWarn(() => ensureEgress(OUTER, wanted));
}

/**
 * Takes the rules away, when there is no proxy any more for them to hold.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function endEgress(): Promise<void> {
  await orWarn(async () => {
    // A change that changes nothing would still be an event for the watch, which would look again, and so on.
    if (await listEgress(OUTER) !== undefined) await removeEgress();
  });
}

function isSame(a: Egress, b: Egress): boolean {
  return a.remotes.symmetricDifference(b.remotes).size === 0 && a.innerEnds.symmetricDifference(b.innerEnds).size === 0;
}

/** WHY a failure is no more than a warning: Deno's permissions say the same, and a VM's deploy would fail for it. */
async function orWarn<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await work();
    said = "";
    return result;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const text = describe(error);
    if (text !== said) {
      log.warning("The kernel does not hold the proxies to their services; nothing but Deno's permissions does", {
        error: text,
      });
    }
    said = text;
    return undefined;
  }
}
