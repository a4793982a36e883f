/**
 * The kernel's rules that hold the proxies to their services. A pass lets a service through before outer reads its routes, and
 * shuts it out when no outer has it in its routes any more.
 *
 * The rules are made here and not by `setup`: outer dials what its routes say, and these are written here, whoever made the maps.
 *
 * @module
 */

import { addressesOf, type Endpoint } from "../address.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { Fault } from "../fault.ts";
import { type BridgeName, EGRESS, TPROXY } from "../names.ts";
import { namesOf } from "../names_of.ts";
import type { Egress } from "../nft/egress_rules.ts";
import type { PresentEgress } from "../nft/egress_listing.ts";
import { ensureEgress, listEgress, removeEgress } from "../nft/egress.ts";
import { numberOf } from "./owner.ts";
import { OUTER } from "../role.ts";
import { readServed } from "./served.ts";

const OUTER_USER = numberOf(OUTER);

/** The last warning. A watch would repeat it every few seconds. */
let warned = "";

/**
 * Tells what the rules should let through.
 *
 * @param bridges The endpoints of every bridge that has a proxy.
 * @returns The services that outer may dial, and the veth ends behind which inners answer.
 */
export function egressFor(bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>): Egress {
  return {
    remotes: new Set(
      [...bridges.values()].flat().flatMap((endpoint) =>
        addressesOf(endpoint).map((address) => `${address} . ${endpoint.remotePort}`)
      ).toSorted(),
    ),
    innerEnds: new Set([...bridges.keys()].map((bridge) => namesOf(bridge).bridgeEnd).toSorted()),
  };
}

/**
 * Reads the rules that there are.
 *
 * @returns The rules; `undefined` if they can't be read, which is logged and keeps nobody from being served.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function readEgress(): Promise<PresentEgress | undefined> {
  return await orWarn(() => listEgress(OUTER_USER));
}

/**
 * Lets through what should be, besides what is let through already.
 *
 * @param wanted What the rules should let through. If nobody is served, no rules are made.
 * @param present The rules that there are.
 * @returns The rules that there are then; `undefined` if this host can't have them, which is logged and keeps nobody from being
 * served.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function widenEgress(
  wanted: Egress,
  present: PresentEgress | undefined,
): Promise<PresentEgress | undefined> {
  if (present === undefined || wanted.innerEnds.size === 0) return present;
  const remotes = present.remotes.union(wanted.remotes);
  const innerEnds = present.innerEnds.union(wanted.innerEnds);
  return await ensure({ remotes, innerEnds }, present);
}

/**
 * Shuts out what should not be let through any more.
 *
 * @param wanted What the rules should let through.
 * @param present The rules that there are.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function narrowEgress(wanted: Egress, present: PresentEgress | undefined): Promise<void> {
  if (present?.exists) await ensure(wanted, present);
}

/** Makes the rules if they differ. Making the same ones again would be an event for a watch, which would look again. */
async function ensure(wanted: Egress, present: PresentEgress): Promise<PresentEgress | undefined> {
  if (isSo(wanted, present)) return present;
  return await orWarn(async () => {
    await ensureEgress(OUTER_USER, wanted, present.intact);
    return { ...wanted, exists: true, intact: true };
  });
}

/**
 * Removes the rules, when there is no proxy any more.
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
 * Finds out whether the rules are as they should be.
 *
 * @returns A fault if they are not.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft` and `--allow-read=/run/one_tproxy`.
 */
export async function findEgressFaults(): Promise<Fault[]> {
  const [served, present] = [readServed(), await readEgress()];
  if (present !== undefined && isSo(egressFor(served), present)) return [];
  return [{
    code: "egress-rules",
    subject: TPROXY,
    text: `the rules in nft that hold the proxies to their services (tables ${EGRESS}) are not as they should be`,
    remedy: 'run "tproxy reload", which says why if it can\'t make them',
  }];
}

/** Logs a failure as a warning: Deno's permissions say the same as the rules, and no VM's deploy should fail for want of them. */
async function orWarn<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await work();
    warned = "";
    return result;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const text = describe(error);
    if (text !== warned) {
      log.warning("The kernel does not hold the proxies to their services; nothing but Deno's permissions does", {
        error: text,
      });
    }
    warned = text;
    return undefined;
  }
}
