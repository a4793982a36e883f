/**
 * Where the files are by which OpenNebula calls an installation.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { DEFAULT_PREFIX, DRIVERS_DIR, SUDOERS_FILE } from "../names.ts";
import type { Form } from "../permissions/form.ts";

/** Where everything is. Paths are absolute. */
export interface Place {
  /** Where the programs are. */
  readonly prefix: string;
  /** What the files are made of. */
  readonly share: string;
  /** The drivers' folder. */
  readonly vnm: string;
  /** What oneadmin may run as root. */
  readonly sudoers: string;
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
  return {
    prefix: prefix ?? DEFAULT_PREFIX,
    share,
    vnm: DRIVERS_DIR,
    sudoers: SUDOERS_FILE,
    ...noted,
    madeFolders: `${noted.kept}/folders`,
  };
}
