/**
 * Where the files are by which OpenNebula calls an installation.
 *
 * @module
 */

import { InputError, TproxyError } from "../errors.ts";
import { DEFAULT_PREFIX, FRONT_END_DIR, REMOTES_DIR, SUDOERS_FILE } from "../paths.ts";
import type { Form } from "../permissions/form.ts";
import { driversFolder } from "../remotes.ts";
import { isFolder } from "./is_folder.ts";

/** Where everything is. Paths are absolute. */
export interface Place {
  /** Where the programs are on hypervisors. */
  readonly prefix: string;
  /** What the files are made of. */
  readonly share: string;
  /** The drivers' folder. */
  readonly vnm: string;
  /** What oneadmin may run as root; `undefined` on a front-end, where the programs don't run. */
  readonly sudoers: string | undefined;
  /** The driver's own files that were replaced. */
  readonly kept: string;
  /** The list of the folders that were made, in `kept`. */
  readonly madeFolders: string;
  /** The way that was chosen. */
  readonly note: string;
}

/**
 * Finds the prefix of an installation.
 *
 * @param form The form of this program.
 * @returns Its prefix; `undefined` if `install.sh` or a package did not install it.
 */
export function prefixOf({ modeFile = "" }: Form): string | undefined {
  // install.sh makes a folder for each version; a distribution anywhere else was not installed.
  return /^(.*)\/versions\/[^/]+\/\.\.\/\.\.\/mode$/.exec(modeFile)?.[1];
}

/**
 * Finds where the files of this hypervisor are.
 *
 * @param form The form of this program.
 * @param dryRun Whether nothing is changed. Then an unpacked archive stands for what it is going to install.
 * @returns The place.
 * @throws {InputError} If the program was not installed.
 */
export function placeOf(form: Form, dryRun: boolean): Place {
  const { share: [share], kept: [note, kept] } = form;
  const prefix = prefixOf(form);
  if (share === undefined || note === undefined || kept === undefined || prefix === undefined && !dryRun) {
    throw new InputError(
      "This program was not installed, so OpenNebula can't call it",
      'run "./install.sh" of the unpacked archive with the same option, or install the package',
    );
  }
  const noted = prefix === undefined ? { note, kept } : { note: `${prefix}/mode`, kept: `${prefix}/kept` };
  const rest = { share, vnm: driversFolder(), sudoers: SUDOERS_FILE, ...noted, madeFolders: `${noted.kept}/folders` };
  return { prefix: prefix ?? DEFAULT_PREFIX, ...rest };
}

/**
 * Finds where the files of this front-end are.
 *
 * @param form The form of this program: an installation with the prefix that hypervisors have, or an unpacked archive, for
 * the default prefix.
 * @returns The place.
 * @throws {InputError} If the program is of a form that hypervisors can't have.
 */
export function frontEndOf(form: Form): Place {
  const { share: [share] } = form;
  if (share === undefined) {
    throw new InputError(
      "This program brings no files for OpenNebula",
      "run that of an unpacked archive or of a package",
    );
  }
  return {
    prefix: prefixOf(form) ?? DEFAULT_PREFIX,
    share,
    vnm: REMOTES_DIR,
    sudoers: undefined,
    kept: FRONT_END_DIR,
    madeFolders: `${FRONT_END_DIR}/folders`,
    note: `${FRONT_END_DIR}/mode`,
  };
}

/**
 * Checks that this is a front-end, and that its files may be changed.
 *
 * @param place Where everything is.
 * @throws {TproxyError} If it is none, or this process is neither root's nor the owner's.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the drivers' folder, and `--allow-sys=uid`.
 */
export function requireFrontEnd({ vnm }: Place): void {
  if (!isFolder(vnm)) throw new InputError(`This is no front-end, since there is no ${vnm}`, "run it on the front-end");
  const owner = Deno.lstatSync(vnm).uid;
  if (Deno.uid() === 0 || Deno.uid() === owner) return;
  throw new TproxyError("Only root and oneadmin can do this", "run it with sudo");
}
