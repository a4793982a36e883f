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
import { currentForm } from "../permissions/current_form.ts";
import { driversFolder } from "../remotes.ts";

/**
 * Finds the files that `tproxy integrate` put there and that something else has replaced, or that call the programs of
 * another prefix.
 *
 * @returns A fault for each. There is none if this program was not installed, or put nothing there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the way that was chosen, and for the drivers' folder.
 */
export function findReplacedFiles(): Fault[] {
  const form = currentForm();
  const prefix = prefixOf(form);
  const way = form.modeFile === undefined || prefix === undefined ? undefined : readWay(form.modeFile);
  if (way === undefined) return [];
  const again = `run "${prefix}/bin/tproxy integrate --${way}"`;
  const frontEnd = `run "tproxy integrate --front-end --${way}"`;
  return filesOf(way, driversFolder()).filter(({ folder }) => isFolder(folder)).flatMap((file): Fault[] => {
    const { path: subject, consequence } = file;
    const { kind, text: content } = find(subject);
    // A file that can't be read counts as ours. Root can read all of them.
    if (kind === "unreadable") return [];
    if (kind !== "ours") {
      const text = `it is not the file that tproxy integrate --${way} has put there: ${consequence}`;
      return [{ code: "driver-file", subject, text, remedy: `${frontEnd} on the front-end, then ${again}` }];
    }
    if (content.includes(`${prefix}/bin/`)) return [];
    const remedy = `${frontEnd} of the same package or archive on the front-end, then ${again}`;
    return [{ code: "driver-file", subject, text: `it calls programs elsewhere than in ${prefix}`, remedy }];
  });
}
