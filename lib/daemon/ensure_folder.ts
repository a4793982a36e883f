/**
 * Making a folder with its owner, group and mode.
 *
 * @module
 */

import type { Access } from "../shared_file.ts";

/**
 * Makes a folder if it is not there, and gives it its owner, group and mode unless it has them already.
 *
 * WHY root owns it in between: only a folder's owner may change its mode, unless root has all its capabilities, which
 * the service has not.
 *
 * @param path The folder. Only root may write to the folder above.
 * @param access What it gets.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for it.
 */
export function ensureFolder(path: string, access: Access): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, gid, mode } = Deno.lstatSync(path);
  if (uid === access.uid && gid === access.gid && ((mode ?? 0) & 0o7777) === access.mode) return;
  Deno.chownSync(path, 0, access.gid);
  Deno.chmodSync(path, access.mode);
  Deno.chownSync(path, access.uid, access.gid);
}
