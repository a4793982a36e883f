/**
 * Reading which VM had which address, for those who show streams or logs.
 *
 * @module
 */

import { RUN_FILES } from "../paths.ts";
import { readIfThere } from "../run_dir.ts";
import { finderOf, type FindVm, parseVmAddresses } from "./vm_addresses.ts";

/** How old what was read may be when it is asked for, in milliseconds. */
const READ_MS = 1_000;

/** Tells which VM had which address, also while VMs come and go. */
export class VmAddresses {
  #find: FindVm = () => undefined;
  #readAt = -Infinity;

  /**
   * Reads the file, unless it was read in the last second.
   *
   * @returns A function that finds the VM which had an address of a bridge at a time. It finds none if the file is missing or
   * damaged.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file.
   */
  read(): FindVm {
    if (performance.now() - this.#readAt < READ_MS) return this.#find;
    this.#readAt = performance.now();
    return this.#find = finderOf(parseVmAddresses(readIfThere(RUN_FILES.vmAddresses) ?? "") ?? []);
  }
}
