/**
 * Giving a folder its owner, group and mode.
 *
 * @module
 */

import type { Access } from "../shared_file.ts";

/**
 * Gives a folder its owner, group and mode, unless it has them already.
 *
 * WHY root owns it in between: only a folder's owner may change its mode, unless root has all its capabilities, which the
 * service has not.
 *
 * @param path The folder. Only root may write to the folder above.
 * @param access What it gets.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for it.
 */
export async function giveFolder(path: string, access: Access): Promise<void> {
  const { uid, gid, mode } = await Deno.lstat(path);
  if (uid === access.uid && gid === access.gid && ((mode ?? 0) & 0o7777) === access.mode) return;
  await Deno.chown(path, 0, access.gid);
  await Deno.chmod(path, access.mode);
  await Deno.chown(path, access.uid, access.gid);
}
