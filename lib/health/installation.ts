/**
 * Whether the network drivers still call these programs. `onehost sync` replaces what `tproxy integrate` put into the
 * drivers' folder by what the front-end has, and says nothing.
 *
 * @module
 */

import type { Fault } from "../fault.ts";
import { filesOf } from "../integrate/files.ts";
import { prefixOf } from "../integrate/place.ts";
import { isFolder } from "../integrate/is_folder.ts";
import { find, readWay } from "../integrate/seen.ts";
import { DRIVERS_DIR } from "../names.ts";
import { currentForm } from "../permissions/current_form.ts";

/**
 * Finds the files that `tproxy integrate` put there and something else has replaced.
 *
 * @returns A fault for each. There is none if this program was not installed, or put nothing there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the way that was chosen, and for the drivers' folder.
 */
export function findReplacedFiles(): Fault[] {
  const form = currentForm();
  const prefix = prefixOf(form);
  const way = form.modeFile === undefined || prefix === undefined ? undefined : readWay(form.modeFile);
  if (way === undefined) return [];
  return filesOf(way, DRIVERS_DIR).filter(({ folder, path }) => isFolder(folder) && isReplaced(path)).map((file) => ({
    code: "driver-file",
    subject: file.path,
    text: `it is not the file that tproxy integrate --${way} has put there: ${file.consequence}`,
    remedy:
      `run "tproxy integrate --front-end --${way}" on the front-end, then run "${prefix}/bin/tproxy integrate --${way}"`,
  }));
}

/** A file that can't be read counts as ours. Root can read all of them. */
function isReplaced(path: string): boolean {
  return !["ours", "unreadable"].includes(find(path).kind);
}
