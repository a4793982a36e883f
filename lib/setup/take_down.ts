/**
 * Taking bridges down when a VM has gone, unless another guest is on them.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { RUN_FILES } from "../paths.ts";
import { type Link, listLinks } from "../netns/observe.ts";
import { guestPortsOf } from "../netns/ports.ts";
import { readIfThere } from "../run_dir.ts";
import { changeBridges, withSetupLock } from "./change_bridge.ts";
import { findStarting } from "./find_starting.ts";
import { parseVmAddresses } from "./vm_addresses.ts";
import type { Nic } from "./vm_xml.ts";

/**
 * How long `clean` waits before it looks at an idle bridge again.
 *
 * WHY at all: another VM may be starting. Between its `pre` and the moment its port joins the bridge, no port shows it,
 * and its address does not either if OpenNebula gives it none.
 *
 * WHY so long: a VM's start takes less than this between the two. The action that cleans a VM up waits as long, so it
 * can't be much more.
 */
const SETTLE_MS = 2_000;

/** Chooses the bridges that need no proxy. */
type Choose = (links: readonly Link[]) => Promise<readonly BridgeName[]> | readonly BridgeName[];

/**
 * Removes the proxies of bridges that no guest is left on. Bridges that are gone lose theirs at once.
 *
 * It looks under the lock that `pre` takes, too. If another VM's driver makes a bridge again, either the bridge is seen
 * here, or that VM's `pre` comes later and sets the bridge up.
 *
 * @param nics The NICs of a VM that has gone; other guests may be on their bridges.
 * @param note Notes that it has gone. It is called first, under the same lock.
 * @returns Whether there was any.
 * @throws {import("../run_command.ts").CommandError} If ip fails. That of one bridge is logged, and the others go on.
 * @throws {import("../errors.ts").TproxyError} If the lock can't be taken, or nft's state can't be listed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function takeDown(nics: readonly Nic[], note: () => void): Promise<boolean> {
  const ownPorts = nics.flatMap((nic) => nic.ownPorts);
  const bridges = [...new Set(nics.map(({ bridge }) => bridge))];
  let idle: readonly BridgeName[] = [];
  const gone = await remove((links) => {
    const names = new Set<string>(links.map(({ name }) => name));
    idle = bridges.filter((bridge) => names.has(bridge) && isIdle(links, bridge, ownPorts));
    return bridges.filter((bridge) => !names.has(bridge));
  }, note);
  if (idle.length === 0) return gone;
  log.info("No other guest is on it: looking again in a moment", { bridge: idle.join(" ") });
  await delay(SETTLE_MS);
  const left = await remove((links) => {
    const known = parseVmAddresses(readIfThere(RUN_FILES.vmAddresses) ?? "") ?? [];
    return idle.filter((bridge) => {
      if (!isIdle(links, bridge, ownPorts)) return false;
      const vm = findStarting(known, bridge, Deno.osUptime());
      if (vm !== undefined) log.info("A VM that is starting will be on it: it keeps its proxy", { bridge, vm });
      return vm === undefined;
    });
  });
  return gone || left;
}

function isIdle(links: readonly Link[], bridge: BridgeName, ownPorts: readonly string[]): boolean {
  const guests = guestPortsOf(links, bridge, ownPorts);
  if (guests.length > 0) log.info("Other guests are on it: it keeps its proxy", { bridge, ports: guests.join(" ") });
  return guests.length === 0;
}

/** Removes the proxies of the bridges that are chosen, and tells whether there was any. */
async function remove(choose: Choose, first?: () => void): Promise<boolean> {
  return await withSetupLock(async () => {
    first?.();
    const bridges = await choose(await listLinks());
    if (bridges.length === 0) return false;
    const failures = await changeBridges(new Map(bridges.map((bridge) => [bridge, () => []])), false);
    for (const [bridge, error] of failures) log.error(describe(error), { bridge });
    return true;
  });
}
