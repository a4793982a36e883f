/**
 * `tproxy trace`: has outers log all streams of a guest for a time.
 *
 * @module
 */

import { askOuters } from "../daemon/ask.ts";
import { NOBODY } from "./streams.ts";

/**
 * Begins to trace a guest. It ends by itself.
 *
 * @param guest The guest's address.
 * @param seconds For how many seconds.
 * @returns What is wrong, a line each; nothing if every outer logs the guest's streams now.
 * @throws {Deno.errors.NotCapable} Without the permissions of `trace` in `lib/permissions/command_permissions.ts`.
 */
export async function beginTrace(guest: string, seconds: number): Promise<readonly string[]> {
  const { outers, failures } = await askOuters({ ask: "trace", guest, seconds });
  return outers + failures.length === 0 ? [NOBODY] : failures;
}
