/**
 * What a pass compares: the record and the kernel's state, the daemons that run, and the rules that restrict them.
 *
 * @module
 */

import type { PresentEgress } from "../nft/egress_listing.ts";
import { look, type Present } from "../setup/restore.ts";
import { readEgress } from "./egress.ts";
import { findDaemons, type Processes } from "./find_daemons.ts";

/** What a pass finds before it changes anything. */
export interface Found {
  /** What is recorded, and what the kernel has. */
  readonly present: Present;
  /** The daemons that run. */
  readonly processes: Processes;
  /** The rules that restrict the proxies; `undefined` if they can't be listed. */
  readonly egress: PresentEgress | undefined;
}

/**
 * Finds out all of that.
 *
 * @returns What is there now.
 * @throws {import("../errors.ts").TproxyError} If what is recorded, or what runs, can't be found out.
 * @throws {Deno.errors.NotCapable} Without the permissions of `look` in `lib/permissions/command_permissions.ts`.
 */
export async function findAll(): Promise<Found> {
  // Alone, since it is an error if nft fails for this, and a warning if it fails for the rules.
  const present = await look();
  const [processes, egress] = await Promise.all([findDaemons(), readEgress()]);
  return { present, processes, egress };
}
