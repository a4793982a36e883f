/**
 * Creating and removing one bridge's veth pair and namespace, with as few processes as possible.
 *
 * @module
 */

import type { BridgeNames } from "../names_of.ts";
import { CommandError, runCommand } from "../run_command.ts";
import { observe } from "./inside.ts";
import { type LinkPlan, planDown, planUp } from "./link_plan.ts";
import type { Link } from "./observe.ts";
import { SYSCTL_KEYS } from "./sysctls.ts";
import { setVlans, vlansOf } from "./vlan_record.ts";
import type { Vlan } from "./vlans.ts";

/** A bridge's veth pair and namespace, made or repaired. */
export interface MadeLinks {
  /** Announces the MAC address to guests, if it is another one than before. The rules have to be in place. */
  readonly announce: () => Promise<void>;
  /** Removes the pair and the namespace, if none of it existed before. */
  readonly undo: () => Promise<void>;
}

/**
 * Creates or repairs one bridge's veth pair and namespace. If none of them existed and something fails, nothing is left
 * behind.
 *
 * @param names The bridge's names.
 * @param listed The devices of the host namespace.
 * @returns What is left to do.
 * @throws {import("../errors.ts").KernelStateError} If there is no such bridge, or a device under our names is not
 * ours.
 * @throws {CommandError} If ip, bridge or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and bridge, and `--allow-read` for `/run/netns` and
 * `/run/one_tproxy`.
 */
export async function makeLinks(names: BridgeNames, listed: Promise<readonly Link[]>): Promise<MadeLinks> {
  const observed = await observe(names, listed, SYSCTL_KEYS);
  const plan = planUp(names, observed);
  const vlans = await vlansOf(names, observed.host);
  const isNew = observed.netns.state === "absent" && !observed.host.has(names.bridgeEnd);
  const undo = async () => {
    if (isNew) await removeLinks(names);
  };
  try {
    await carryOut(names, plan, vlans);
  } catch (error) {
    await undo();
    throw error;
  }
  return { announce: () => batch(["-n", names.netns], plan.announced), undo };
}

async function carryOut(names: BridgeNames, plan: LinkPlan, vlans: readonly Vlan[]): Promise<void> {
  await batch(["-n", names.netns], plan.netnsBefore);
  if (plan.isNewPort && vlans.length > 0) {
    await batch([], plan.host);
    await setVlans(names.bridgeEnd, vlans);
    await batch([], plan.hostAfter);
  } else {
    await batch([], [...plan.host, ...plan.hostAfter]);
  }
  await batch(["-n", names.netns], plan.netns);
}

/**
 * Removes one bridge's veth pair and namespace. It succeeds if there is nothing to remove.
 *
 * @param names The bridge's names; the bridge itself may be gone.
 * @param listed The devices of the host namespace, if they have been listed already.
 * @throws {CommandError} If ip fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/sbin/ip` and `--allow-read=/run/netns`.
 */
export async function removeLinks(names: BridgeNames, listed?: Promise<readonly Link[]>): Promise<void> {
  const observed = await observe(names, listed);
  const { netnsBefore, host } = planDown(names, observed);
  await batch(["-n", names.netns], netnsBefore);
  await batch([], observed.netns.state === "absent" ? host : [...host, `netns delete ${names.netns}`]);
}

async function batch(options: readonly string[], lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  try {
    await runCommand("ip", [...options, "-batch", "-"], { stdin: lines.map((line) => `${line}\n`).join("") });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const failed = lines[Number(/Command failed -:(\d+)/.exec(error.stderr)?.[1]) - 1];
    throw failed === undefined ? error : new CommandError(`Cannot run ip ${failed}: ${error.stderr}`, error.remedy, {
      argv: error.argv,
      stderr: error.stderr,
      cause: error,
      ...(error.exitCode === undefined ? {} : { exitCode: error.exitCode }),
    });
  }
}
