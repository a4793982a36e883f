/**
 * Changing the rules of bridges: all of them in one transaction, since a VM's deploy waits for each run of nft.
 *
 * @module
 */

import { type BridgeName, TPROXY } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { CommandError } from "../run_command.ts";
import { type Applied, describeRules, forgetApplied, readApplied, writeApplied } from "./applied.ts";
import { type BridgeRules, renderDown, renderUp, type TableObject, type Tables } from "./bridge_script.ts";
import { chainNamesOf } from "./chains.ts";
import type { BridgeForm } from "./matches.ts";
import { listStateAndRulesOf } from "./list_rules.ts";
import { listObjects, listState } from "./nft.ts";
import { runScript } from "./run_nft.ts";

/**
 * Applies the maps, chains and copies of the record of some bridges, and records the fingerprints of the chains. The
 * caller holds the lock of `setup`.
 *
 * @param all What they should hold, one for each bridge; at least one.
 * @returns For each bridge the form of the rules that this kernel takes; or why nft has refused them, then nothing of
 * this bridge has changed.
 * @throws {import("../errors.ts").TproxyError} If nft can't list the rules that were made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function ensureRules(
  all: readonly BridgeRules[],
): Promise<ReadonlyMap<BridgeName, BridgeForm | CommandError>> {
  const known = readApplied();
  const results = await forAllOrEach(all, (some) => applyRules(some, known));
  const applied = [...results].flatMap(([bridge, form]) => form instanceof CommandError ? [] : [{ bridge, form }]);
  if (applied.length === 0) return results;
  const { table } = await listStateAndRulesOf(applied.map(({ bridge }) => bridge), known.size);
  writeApplied(
    new Map(applied.map(({ bridge, form }) => [bridge, describeRules(namesOf(bridge), form, table)])),
  );
  // No rule of these bridges uses them any more.
  const former = applied.flatMap(({ bridge }) => namesOf(bridge).formerSets).filter((set) => table.sets.has(set));
  if (former.length > 0) await runScript(former.map((set) => `delete set bridge ${TPROXY} ${set}\n`).join(""));
  return results;
}

async function applyRules(all: readonly BridgeRules[], applied: Applied): Promise<BridgeForm> {
  const [known] = applied.values();
  // The kernel takes the form again that it has taken since it was booted. To try the other one first costs a run of nft.
  if (known?.form !== "veth-set") {
    try {
      await runScript(renderUp(all, "ibrname"));
      return "ibrname";
    } catch (error) {
      if (!(error instanceof CommandError) || !error.stderr.includes("Operation not supported")) throw error;
    }
  }
  await runScript(renderUp(all, "veth-set"));
  return "veth-set";
}

/**
 * Removes the maps and chains of some bridges, and a table that is empty afterwards. It succeeds if there is nothing to
 * remove. The caller holds the lock of `setup`.
 *
 * @param bridges The bridges. Neither a bridge nor its namespace needs to exist.
 * @returns For each bridge whether it is done; or why nft has refused it, then nothing of this bridge has changed.
 * @throws {CommandError} If nft can't list what is there.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/nft`, and `--allow-read` and `--allow-write` for
 * `/run/one_tproxy`.
 */
export async function removeRules(
  bridges: readonly BridgeName[],
): Promise<ReadonlyMap<BridgeName, true | CommandError>> {
  const known = readApplied();
  const results = await forAllOrEach(bridges.map((bridge) => ({ bridge })), async (all) => {
    const some = all.map(({ bridge }) => bridge);
    const script = renderDown(some, await listTables(some, known));
    if (script !== "") await runScript(script);
    return true as const;
  });
  forgetApplied([...results].flatMap(([bridge, done]) => done === true ? [bridge] : []));
  return results;
}

/**
 * Lists what our tables hold, as far as the removal of some bridges has to know it. What anybody else has put into a
 * table matters only if it would be removed. To list that, nft lists the rules of all bridges as well.
 */
async function listTables(bridges: readonly BridgeName[], known: Applied): Promise<Tables> {
  if (known.size > bridges.length) {
    const { maps, objects } = await listState();
    const ip = [...maps.bridges.keys()].map((bridge): TableObject => {
      return { family: "ip", kind: "map", name: namesOf(bridge).map, elements: [] };
    });
    const ours = new Set(bridges.map(namesOf).flatMap((names) => [names.map, ...chainNamesOf(names)]));
    const isOthers = ({ kind, name }: TableObject) => kind !== "set" && !ours.has(name);
    if (ip.some(isOthers) && objects.some(isOthers)) return { ip, bridge: objects };
  }
  return await listObjects();
}

/** Does some work for all bridges at once. If nft refuses it, then for each by itself: one takes no other down. */
async function forAllOrEach<B extends { readonly bridge: BridgeName }, T>(
  all: readonly B[],
  work: (all: readonly B[]) => Promise<T>,
): Promise<Map<BridgeName, T | CommandError>> {
  try {
    const result = await work(all);
    return new Map(all.map(({ bridge }) => [bridge, result]));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (all.length === 1) return new Map(all.map(({ bridge }) => [bridge, error]));
    const results = new Map<BridgeName, T | CommandError>();
    for (const one of all) for (const [bridge, result] of await forAllOrEach([one], work)) results.set(bridge, result);
    return results;
  }
}
