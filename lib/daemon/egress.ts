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
import { log } from "../log.ts";
import type { Fault } from "../fault.ts";
import { type BridgeName, EGRESS, namesOf, TPROXY } from "../names.ts";
import type { Egress } from "../nft/egress.ts";
import type { PresentEgress } from "../nft/egress_listing.ts";
import { ensureEgress, listEgress, removeEgress } from "../nft/nft.ts";
import { numberOf } from "./owner.ts";
import { OUTER } from "../role.ts";
import { readServed } from "./served.ts";

const OUTER_USER = numberOf(OUTER);

/** What was last said of rules that can't be had; a watch would say it every few seconds. */
let said = "";

/**
 * Tells what the proxies should be held to.
 *
 * @param bridges The endpoints of every bridge that has a proxy.
 * @returns The services that outer may dial, and where inners answer.
 */
export function egressFor(bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>): Egress {
  return {
    remotes: new Set(
      [...bridges.values()].flat().map(({ remoteAddr, remotePort }) => `${remoteAddr} . ${remotePort}`).toSorted(),
    ),
    innerEnds: new Set([...bridges.keys()].map((bridge) => namesOf(bridge).bridgeEnd).toSorted()),
  };
}

/** What the proxies are held to now; `undefined` where they can't be. */
export type HeldTo = PresentEgress | undefined;

/**
 * Finds out what the proxies are held to.
 *
 * @returns What there is of the rules; `undefined` if that can't be found out, which is logged and keeps nobody from being
 * served.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function readEgress(): Promise<HeldTo> {
  return await orWarn(() => listEgress(OUTER_USER));
}

/**
 * Lets through what should be, before the proxies hear of it, and goes on letting through what was.
 *
 * @param wanted What the proxies should be held to; where nobody is served no rules are made.
 * @param held What they are held to now.
 * @returns What they are held to then; `undefined` if this host can't have such rules, which is logged and keeps nobody from
 * being served.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function widenEgress(wanted: Egress, held: HeldTo): Promise<HeldTo> {
  if (held === undefined || wanted.innerEnds.size === 0) return held;
  const remotes = held.remotes.union(wanted.remotes);
  const innerEnds = held.innerEnds.union(wanted.innerEnds);
  return await make({ remotes, innerEnds }, held);
}

/**
 * Shuts out what should not be let through any more, when the proxies have heard of it.
 *
 * @param wanted What the proxies should be held to.
 * @param held What they are held to now.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function narrowEgress(wanted: Egress, held: HeldTo): Promise<void> {
  if (held?.exists) await make(wanted, held);
}

/** Makes the rules unless they are so; what changes nothing would still be an event for a watch, which would look again. */
async function make(wanted: Egress, held: PresentEgress): Promise<HeldTo> {
  if (isSo(wanted, held)) return held;
  return await orWarn(async () => {
    await ensureEgress(OUTER_USER, wanted, held.intact);
    return { ...wanted, exists: true, intact: true };
  });
}

/**
 * Takes the rules away, when there is no proxy any more for them to hold.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function endEgress(): Promise<void> {
  await orWarn(async () => {
    if ((await listEgress(OUTER_USER)).exists) await removeEgress();
  });
}

function isSo(wanted: Egress, { remotes, innerEnds, intact }: PresentEgress): boolean {
  return intact && wanted.remotes.symmetricDifference(remotes).size === 0 &&
    wanted.innerEnds.symmetricDifference(innerEnds).size === 0;
}

/**
 * Finds out whether the kernel holds the proxies to what they were told to serve.
 *
 * @returns A fault if it does not.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft` and `--allow-read=/run/one_tproxy`.
 */
export async function findEgressFaults(): Promise<Fault[]> {
  const [served, held] = await Promise.all([readServed(), readEgress()]);
  if (held !== undefined && isSo(egressFor(served), held)) return [];
  return [{
    code: "egress-rules",
    subject: TPROXY,
    text: `the rules in nft that hold the proxies to their services (tables ${EGRESS}) are not as they should be`,
    remedy: 'run "tproxy reload", which says why if it can\'t make them',
  }];
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
