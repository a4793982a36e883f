/**
 * Noting which VM has which address, as the hooks tell it.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { readIfThere, replaceFile } from "../run_dir.ts";
import { parseVmAddresses, withoutVm, withVm } from "./vm_addresses.ts";
import type { VmNics } from "./vm_xml.ts";

/**
 * Notes a VM that comes or goes. People are shown which VM a stream belongs to, and `clean` keeps the proxy of a bridge
 * for a VM that is starting. Both can do without, so an error is only logged. The caller holds the lock of `setup`.
 *
 * @param action `pre` if it comes, `clean` if it goes.
 * @param vm The VM, and the NICs that it gets or loses.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`, and
 * `--allow-sys=osUptime`.
 */
export function noteVm(action: "pre" | "clean", { vm, nics }: VmNics): void {
  if (vm === undefined) return;
  const change = action === "pre" ? withVm : withoutVm;
  try {
    const text = readIfThere(RUN_FILES.vmAddresses) ?? "[]";
    const known = parseVmAddresses(text);
    if (known === undefined) log.warning("Which VM had which address is lost", { path: RUN_FILES.vmAddresses });
    const next = change(known ?? [], vm, nics, Date.now(), Deno.osUptime());
    if (next.length > 0) replaceFile(RUN_FILES.vmAddresses, JSON.stringify(next) + "\n", 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.warning("Cannot note which addresses a VM has", { vm, error: describe(error) });
  }
}
