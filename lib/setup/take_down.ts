/**
 * Taking bridges down when a VM has gone, unless another guest is on them.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { type Link, listLinks } from "../netns/observe.ts";
import { guestPortsOf } from "../netns/ports.ts";
import { downAll } from "./setup.ts";
import type { Nic } from "./vm_xml.ts";

/**
 * How long `clean` waits before it looks at an idle bridge again.
 *
 * WHY at all: another VM may be starting. Between its `pre` and the moment its port joins the bridge, nothing on the
 * bridge shows it.
 *
 * WHY so long: a VM's start takes less than this between the two. The action that cleans a VM up waits as long, so it
 * can't be much more.
 */
const SETTLE_MS = 2_000;

/**
 * Removes the proxies of bridges that no guest is left on. Bridges that are gone lose theirs at once.
 *
 * @param nics The NICs of a VM that has gone; other guests may be on their bridges.
 * @returns Whether there was any.
 * @throws {import("../run_command.ts").CommandError} If ip fails. That of one bridge is logged, and the others go on.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function takeDown(nics: readonly Nic[]): Promise<boolean> {
  const ownPorts = nics.flatMap((nic) => nic.ownPorts);
  const bridges = [...new Set(nics.map(({ bridge }) => bridge))];
  const links = await listLinks();
  const gone = bridges.filter((bridge) => !links.some(({ name }) => name === bridge));
  await remove(gone);
  const idle = bridges.filter((bridge) => !gone.includes(bridge) && isIdle(links, bridge, ownPorts));
  if (idle.length === 0) return gone.length > 0;
  log.info("No other guest is on it: looking again in a moment", { bridge: idle.join(" ") });
  await delay(SETTLE_MS);
  const later = await listLinks();
  const left = idle.filter((bridge) => isIdle(later, bridge, ownPorts));
  await remove(left);
  return gone.length + left.length > 0;
}

function isIdle(links: readonly Link[], bridge: BridgeName, ownPorts: readonly string[]): boolean {
  const guests = guestPortsOf(links, bridge, ownPorts);
  if (guests.length > 0) log.info("Other guests are on it: it keeps its proxy", { bridge, ports: guests.join(" ") });
  return guests.length === 0;
}

async function remove(bridges: readonly BridgeName[]): Promise<void> {
  for (const [bridge, error] of await downAll(bridges)) log.error(describe(error), { bridge });
}
