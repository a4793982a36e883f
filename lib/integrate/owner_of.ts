/**
 * Who decides what is in a folder.
 *
 * @module
 */

import { runCommand } from "../run_command.ts";

/** Whoever does it, as options of setpriv(1). */
export type Owner = readonly string[];

/**
 * Finds who decides what is at a path: the owner of the first file or folder on the way that is not root's, who can put
 * anything there, a link to a folder of root's, too.
 *
 * @param path The path, absolute.
 * @returns The owner; root if all on the way is root's.
 * @throws {import("../run_command.ts").CommandError} If something on the way is not there.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`, and `--allow-sys=uid`.
 */
export async function ownerOf(path: string): Promise<Owner> {
  // Only root can become somebody else.
  if (Deno.uid() !== 0) return [];
  // It looks at links themselves.
  const owners = await runCommand("setpriv", ["--", "/usr/bin/stat", "-c", "%u %g", "--", ...onTheWay(path)]);
  return decidingOwner(owners);
}

/**
 * Lists the folders on the way to a path, and the path. Pure.
 *
 * @param path The path, absolute.
 * @returns The paths, the outermost first.
 */
export function onTheWay(path: string): string[] {
  const names = path.split("/").slice(1);
  return names.map((_name, at) => `/${names.slice(0, at + 1).join("/")}`);
}

/**
 * Chooses the first owner that is not root. Pure.
 *
 * @param owners A line for each, with user ID and group ID, the outermost first.
 * @returns The owner; root if there is no other.
 */
export function decidingOwner(owners: string): Owner {
  const [, uid = "0", gid = "0"] = /^([1-9]\d*) (\d+)$/m.exec(owners) ?? [];
  return [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}
