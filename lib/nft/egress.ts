/**
 * Listing, replacing and removing the egress tables.
 *
 * @module
 */

import { EGRESS } from "../names.ts";
import { describeEgress, type EgressListings, readAppliedEgress, writeAppliedEgress } from "./applied_egress.ts";
import { parseEgress, type PresentEgress } from "./egress_listing.ts";
import type { Egress } from "./egress_rules.ts";
import { renderEgress, renderNoEgress } from "./egress_script.ts";
import { listTable, runScript } from "./run_nft.ts";

/**
 * Lists the egress tables.
 *
 * @param outer The number of outer's own user and group.
 * @returns The tables as they are now.
 * @throws {CommandError} If nft fails, which never means that there is nothing.
 * @throws {import("../errors.ts").KernelStateError} If nft's answer is not a listing.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function listEgress(outer: number): Promise<PresentEgress> {
  return parseEgress(outer, await listEgressTables(), readAppliedEgress());
}

async function listEgressTables(): Promise<EgressListings> {
  const [inet, bridge] = await Promise.all([listTable("inet", EGRESS), listTable("bridge", EGRESS)]);
  return { inet, bridge };
}

/**
 * Replaces the egress tables in one transaction, and records their fingerprints. The caller holds the lock of the
 * daemons.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @param isKnown Whether the tables matched the recorded fingerprints. Then only the elements change, and the
 * fingerprints stay valid.
 * @throws {CommandError} If nft fails; then nothing has changed, or the rules are made and could not be listed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function ensureEgress(outer: number, egress: Egress, isKnown: boolean): Promise<void> {
  await runScript(renderEgress(outer, egress));
  if (!isKnown) writeAppliedEgress(describeEgress(outer, await listEgressTables()));
}

/**
 * Removes the egress tables. It succeeds if there are none.
 *
 * @throws {CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`.
 */
export async function removeEgress(): Promise<void> {
  await runScript(renderNoEgress());
  writeAppliedEgress(undefined);
}
