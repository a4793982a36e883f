/**
 * Whether the network drivers still call these programs. `onehost sync` replaces what `install.sh` put into the drivers' folder
 * by what the front-end has, and says nothing.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { Fault } from "../fault.ts";
import { DRIVERS_DIR } from "../names.ts";
import { codeOf } from "../error_code.ts";
import { readRegularFile } from "../regular_file.ts";
import { currentForm } from "../permissions/current_form.ts";

/** What `install.sh` was told to put into the drivers' folder. */
type Mode = "drop-in" | "hooks" | "full";

/** `packaging/install.sh` writes this into a comment of each of our files there. */
const MARK = "Installed by one-tproxy";

/** The drivers that use Linux bridges, and which hooks of theirs are ours. */
const DRIVERS = ["bridge", "fw", "ebtables", "802.1Q", "vxlan"];
const HOOKS = ["pre.d", "clean.d"];

/** The longest file that is read, in bytes. Ours have less than 3 KiB, the drivers' own less than 40. */
const LONGEST_FILE = 64 * 1024;

/** A file that the drivers call. */
interface DriverFile {
  readonly path: string;
  /** What happens if it is not ours. */
  readonly consequence: string;
  /** The folder that it is in. Where that is missing, nobody misses the file. */
  readonly folder: string;
}

/**
 * Finds the files that `install.sh` put there and something else has replaced.
 *
 * @returns A fault for each. There is none if `install.sh` did not install this program, or put nothing there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for what `install.sh` was told, and for the drivers' folder.
 */
export function findReplacedFiles(): Fault[] {
  const { modeFile = "" } = currentForm();
  // install.sh makes a folder for each version; a distribution anywhere else was not installed.
  const prefix = /^(.*)\/versions\/[^/]+\/\.\.\/\.\.\/mode$/.exec(modeFile)?.[1];
  if (prefix === undefined) return [];
  const mode = readMode(modeFile);
  if (mode !== "drop-in" && mode !== "hooks" && mode !== "full") return [];
  return filesOf(mode).filter((file) => isThere(file.folder) && isReplaced(file.path)).map(({ path, consequence }) => ({
    code: "driver-file",
    subject: path,
    text: `it is not the file that install.sh --${mode} has put there: ${consequence}`,
    remedy: `put it on the front-end as docs/opennebula.md says, then run "${prefix}/current/install.sh"`,
  }));
}

/**
 * Lists what `install.sh` puts into the drivers' folder.
 *
 * @param mode What `install.sh` was told.
 * @returns The files.
 */
export function filesOf(mode: Mode): DriverFile[] {
  const proxies = { path: `${DRIVERS_DIR}/tproxy`, folder: DRIVERS_DIR, consequence: "the drivers call other proxies" };
  if (mode === "drop-in") return [proxies];
  if (mode === "full") {
    const consequence = "the drivers set bridges up by themselves";
    return [proxies, { path: `${DRIVERS_DIR}/tproxy.rb`, folder: DRIVERS_DIR, consequence }];
  }
  const hooks = DRIVERS.flatMap((driver) =>
    HOOKS.map((hook) => ({
      path: `${DRIVERS_DIR}/${driver}/${hook}/one-tproxy`,
      folder: `${DRIVERS_DIR}/${driver}`,
      consequence: "nobody sets bridges up",
    }))
  );
  return [proxies, ...hooks];
}

function isThere(folder: string): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/** A file that can't be read counts as ours. Root can read all of them. */
function isReplaced(path: string): boolean {
  try {
    return !textOf(path).includes(MARK);
  } catch (error) {
    if (codeOf(error) === "EACCES") return false;
    if (error instanceof InputError || codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return true;
    throw error;
  }
}

function readMode(path: string): string | undefined {
  try {
    return textOf(path).trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function textOf(path: string): string {
  return new TextDecoder().decode(readRegularFile(path, LONGEST_FILE));
}
