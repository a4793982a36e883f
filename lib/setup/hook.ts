/**
 * The network drivers' hooks. The bridges of a VM's NICs get their proxies before the VM starts, and lose them after
 * the last guest has left.
 *
 * @module
 */

import type { ConfigSource } from "../config/noted.ts";
import { ConfigError, describe } from "../errors.ts";
import { FAILED, OK } from "../exit_code.ts";
import { log } from "../log.ts";
import type { HookAction } from "../permissions/verbs.ts";
import { withSetupLock } from "./change_bridge.ts";
import { noteVm } from "./note_vm.ts";
import { setUp } from "./set_up.ts";
import { isNetwork } from "./setup_record_parse.ts";
import { remember } from "./setup.ts";
import { takeDown } from "./take_down.ts";
import { readVm } from "./vm_input.ts";
import { type Nic, parseVmNics } from "./vm_xml.ts";

/**
 * Runs a driver's hook. Exit code 1 fails the VM's action, so it is used in two cases only: the input is not a VM, or a
 * bridge has no proxy after `pre`.
 *
 * @param action `pre`: before a VM starts. `clean`: after it has gone.
 * @param source The configuration; only `pre` reads it.
 * @param input Standard input: the VM's XML in base64.
 * @param follow Has the proxies follow what is set up. It is called once for all NICs, and not if nothing was changed.
 * @returns The exit code.
 * @throws {import("../errors.ts").InputError} If the input is not a VM's XML in base64.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function runHook(
  action: HookAction,
  source: ConfigSource,
  input: ReadableStream<Uint8Array>,
  follow: () => Promise<unknown>,
): Promise<number> {
  const vm = parseVmNics(await readVm(input));
  const { nics, skipped } = vm;
  for (const { id, reason, isWrong } of skipped) {
    log[isWrong ? "warning" : "info"](`Skipped a NIC: ${reason}`, { nic: id });
  }
  if (nics.length === 0) return OK;
  const note = () => noteVm(action, vm);
  return action === "pre" ? await pre(nics, source, note, follow) : await clean(nics, note, follow);
}

async function pre(
  nics: readonly Nic[],
  source: ConfigSource,
  note: () => void,
  follow: () => Promise<unknown>,
): Promise<number> {
  if (!await isConfigured(source)) {
    await rememberAll(nics, note);
    return OK;
  }
  const wrong = nics.filter(({ network }) => !isNetwork(network));
  for (const { id, bridge } of wrong) log.error("The network's name is empty or too long", { nic: id, bridge });
  const { failures } = await setUp(distinct(nics.filter((nic) => !wrong.includes(nic))), source, { note });
  for (const { id, bridge } of nics.filter(({ bridge }) => failures.has(bridge))) {
    log.error(describe(failures.get(bridge)), { nic: id, bridge });
  }
  // The hook fails, or the VM would run without its services unnoticed. The other NICs still get theirs.
  let exitCode = wrong.length + failures.size > 0 ? FAILED : OK;
  try {
    await follow();
  } catch (error) {
    log.error(describe(error));
    exitCode = FAILED;
  }
  return exitCode;
}

/**
 * Records the networks, so that their guests get services without a restart once the file has some. A failure must not
 * keep a VM from starting.
 */
async function rememberAll(nics: readonly Nic[], note: () => void): Promise<void> {
  try {
    await withSetupLock(async () => {
      note();
      await remember(distinct(nics));
    });
  } catch (error) {
    log.error(describe(error));
  }
}

/** Tells whether the operator uses the proxy. If not, VMs must start whatever the file contains. */
async function isConfigured({ path, read }: ConfigSource): Promise<boolean> {
  try {
    const { entries } = await read();
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

async function clean(
  nics: readonly Nic[],
  note: () => void,
  follow: () => Promise<unknown>,
): Promise<number> {
  try {
    if (await takeDown(nics, note)) await follow();
  } catch (error) {
    // What is left harms nobody. The VM has left already, so its action must not fail.
    log.error(describe(error));
  }
  return OK;
}
