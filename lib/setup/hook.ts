/**
 * The network drivers' hooks. The bridges of a VM's NICs get their proxies before the VM starts, and lose them after
 * the last guest has left.
 *
 * @module
 */

import { delay } from "../delay.ts";
import { readConfig } from "../config/read.ts";
import { ConfigError, describe } from "../errors.ts";
import { FAILED, OK } from "../exit_code.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { type Link, listLinks } from "../netns/observe.ts";
import { guestPortsOf } from "../netns/ports.ts";
import { noteVm } from "./note_vm.ts";
import { down, remember, up } from "./setup.ts";
import { readVm } from "./vm_input.ts";
import { type Nic, parseVmNics } from "./vm_xml.ts";

/** The network drivers' actions that have a hook of ours, in the order of a VM's life. */
export type HookAction = "pre" | "clean";

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
 * Runs a driver's hook. Exit code 1 fails the VM's action, so it is used in two cases only: the input is not a VM, or a
 * bridge has no proxy after `pre`.
 *
 * @param action `pre`: before a VM starts. `clean`: after it has gone.
 * @param config The configuration file; only `pre` reads it.
 * @param input Standard input: the VM's XML in base64.
 * @returns The exit code.
 * @throws {import("../errors.ts").InputError} If the input is not a VM's XML in base64.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function runHook(
  action: HookAction,
  config: string,
  input: ReadableStream<Uint8Array>,
): Promise<number> {
  const vm = parseVmNics(await readVm(input));
  const { nics, skipped } = vm;
  for (const { id, reason, isWrong } of skipped) {
    log[isWrong ? "warning" : "info"](`Skipped a NIC: ${reason}`, { nic: id });
  }
  await noteVm(action, vm);
  return action === "pre" ? await pre(nics, config) : await clean(nics);
}

async function pre(nics: readonly Nic[], config: string): Promise<number> {
  if (!await isConfigured(config)) {
    await rememberAll(nics);
    return OK;
  }
  let exitCode = OK;
  for (const { id, bridge, network } of distinct(nics)) {
    try {
      await up({ bridge, network, config });
    } catch (error) {
      log.error(describe(error), { nic: id, bridge });
      // The hook fails, or the VM would run without its services unnoticed. The other NICs still get theirs.
      exitCode = FAILED;
    }
  }
  return exitCode;
}

/**
 * Records the networks, so that their guests get services without a restart once the file has some. A failure must not
 * keep a VM from starting.
 */
async function rememberAll(nics: readonly Nic[]): Promise<void> {
  for (const { id, bridge, network } of distinct(nics)) {
    try {
      await remember(bridge, network);
    } catch (error) {
      log.error(describe(error), { nic: id, bridge });
    }
  }
}

/** Tells whether the operator uses the proxy. If not, VMs must start whatever the file contains. */
async function isConfigured(path: string): Promise<boolean> {
  try {
    const { entries } = await readConfig(path);
    if (entries === undefined) log.info("The configuration has no :tproxy: key: no bridge gets a proxy", { path });
    return entries !== undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log.error(`${describe(error)}; no bridge gets a proxy`);
    return false;
  }
}

/** Drops NICs whose bridge and network an earlier NIC has too. */
function distinct(nics: readonly Nic[]): Nic[] {
  const keyOf = ({ bridge, network }: Nic) => JSON.stringify([bridge, network.id, network.name]);
  return nics.filter((nic, at) => nics.findIndex((other) => keyOf(other) === keyOf(nic)) === at);
}

async function clean(nics: readonly Nic[]): Promise<number> {
  const ownPorts = nics.flatMap((nic) => nic.ownPorts);
  let idle = [...new Set(nics.map(({ bridge }) => bridge))];
  try {
    const links = await listLinks();
    const isGone = (bridge: BridgeName) => !links.some(({ name }) => name === bridge);
    await downAll(idle.filter(isGone));
    idle = idle.filter((bridge) => !isGone(bridge) && isIdle(links, bridge, ownPorts));
    if (idle.length === 0) return OK;
    log.info("No other guest is on it: looking again in a moment", { bridge: idle.join(" ") });
    await delay(SETTLE_MS);
    const later = await listLinks();
    await downAll(idle.filter((bridge) => isIdle(later, bridge, ownPorts)));
  } catch (error) {
    // The bridges stay as they are, which harms nobody. The VM has left already, so its action must not fail.
    log.error(describe(error));
  }
  return OK;
}

function isIdle(links: readonly Link[], bridge: BridgeName, ownPorts: readonly string[]): boolean {
  const guests = guestPortsOf(links, bridge, ownPorts);
  if (guests.length > 0) log.info("Other guests are on it: it keeps its proxy", { bridge, ports: guests.join(" ") });
  return guests.length === 0;
}

async function downAll(bridges: readonly BridgeName[]): Promise<void> {
  for (const bridge of bridges) {
    try {
      await down(bridge);
    } catch (error) {
      log.error(describe(error), { bridge });
    }
  }
}
