/**
 * An archive of the programs that OpenNebula's remotes have brought and that `install.sh` has refused, since it last looked.
 *
 * @module
 */

import { codeOf } from "../error_code.ts";
import { InputError } from "../errors.ts";
import type { Fault } from "../fault.ts";
import { pathOf } from "../integrate/archives.ts";
import { prefixOf } from "../integrate/place.ts";
import { readWay } from "../integrate/seen.ts";
import { currentForm } from "../permissions/current_form.ts";
import { readRegularFile } from "../regular_file.ts";
import { driversFolder } from "../remotes.ts";

/** The longest file that is read, in bytes. `packaging/share/install/remotes.sh` writes one word. */
const LONGEST = 1024;

/** What each word means. */
const REASONS: Readonly<Record<string, string>> = {
  unreadable: "it or its signature can't be read",
  unsigned: "no key that is trusted here has signed it",
  damaged: "it can't be unpacked",
  uninstallable: "it can't be installed",
};

/**
 * Finds the archive.
 *
 * @returns A fault for it; none if nothing is refused, or this program was not installed.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for what `look` reads because of the form.
 */
export function findRefusedArchive(): Fault[] {
  const { modeFile = "", refusedFile, ...form } = currentForm();
  const prefix = prefixOf({ ...form, modeFile });
  const word = refusedFile === undefined || prefix === undefined ? undefined : readWord(refusedFile);
  if (word === undefined) return [];
  const reason = Object.hasOwn(REASONS, word) ? REASONS[word] : "install.sh says why";
  // Only the installer knows more of these.
  const byHand = !Object.hasOwn(REASONS, word) || word === "uninstallable";
  const way = readWay(modeFile) ?? "drop-in";
  const remedy = byHand
    ? `run "${prefix}/current/install.sh --from-remotes"`
    : `run "tproxy integrate --front-end --${way} --archive FILE" on the front-end with one that such a key has signed, ` +
      'then "onehost sync -f"';
  const subject = pathOf(Deno.build.arch, driversFolder());
  return [{ code: "refused-archive", subject, text: `refused: ${reason}; what is installed stays`, remedy }];
}

function readWord(file: string): string | undefined {
  try {
    return new TextDecoder().decode(readRegularFile(file, LONGEST)).trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    // It is longer than any word, or no file.
    if (error instanceof InputError) return "";
    throw error;
  }
}
