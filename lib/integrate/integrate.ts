/**
 * `tproxy integrate`: how OpenNebula's network drivers call this installation. It compares what is there with what should
 * be, and does the difference.
 *
 * @module
 */

import { BRIDGE_NAME } from "../names.ts";
import { listBridgeTable } from "../nft/nft.ts";
import { currentForm } from "../permissions/current_form.ts";
import { findArchives, planArchives, withdrawArchives } from "./archives.ts";
import { carryOut } from "./carry_out.ts";
import type { Way } from "./files.ts";
import { frontEndOf, placeOf, requireFrontEnd } from "./place.ts";
import { planWay } from "./plan.ts";
import { planOff } from "./plan_off.ts";
import { see } from "./seen.ts";
import { readSources } from "./sources.ts";
import { describeStep } from "./steps.ts";

/** What was asked for. */
export interface IntegrateRequest {
  /** The way in which OpenNebula is to call it; `off` for none. */
  readonly way: Way | "off";
  /** Whether it is about the files of a front-end, which `onehost sync` copies to the hypervisors. */
  readonly frontEnd: boolean;
  /** Archives of the programs, as they were released, that the remotes are to bring. */
  readonly archives: readonly string[];
  /** Whether to print what would be done, and change nothing. */
  readonly dryRun: boolean;
}

/**
 * Changes how OpenNebula calls this installation, or those of all hypervisors.
 *
 * @param request What was asked for.
 * @param say Prints a line for each thing that is done.
 * @throws {import("../errors.ts").TproxyError} If it can't be done. If somebody else's file is in the way, nothing was
 * changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `integrate` in `lib/permissions/command_permissions.ts`.
 */
export async function integrate(
  { way, frontEnd, archives, dryRun }: IntegrateRequest,
  say: (line: string) => void,
): Promise<void> {
  const place = frontEnd ? frontEndOf(currentForm()) : placeOf(currentForm(), dryRun);
  if (frontEnd) requireFrontEnd(place);
  const seen = see(place, readSources(place));
  const steps = way === "off"
    ? [
      ...frontEnd ? withdrawArchives(findArchives(place.vnm)) : [],
      ...planOff(seen, frontEnd ? [] : await guardedBridges()),
    ]
    : [...planWay(way, seen), ...await planArchives(archives, place.vnm)];
  if (dryRun) {
    for (const line of steps.map(describeStep)) if (line !== undefined) say(line);
    return say("nothing was changed");
  }
  await carryOut(steps, place, say);
  if (frontEnd) say('The hypervisors get it by "onehost sync -f", as oneadmin');
  else say(way === "off" ? "OpenNebula does not call it" : `OpenNebula calls it: ${way}`);
}

/** The bridges that our own setup has made, which alone makes this chain. */
async function guardedBridges(): Promise<string[]> {
  const { chains } = await listBridgeTable();
  return [...chains.keys()].flatMap((chain) => /^guard_(.+)$/.exec(chain)?.[1] ?? []).filter((name) =>
    BRIDGE_NAME.test(name)
  );
}
