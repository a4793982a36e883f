/**
 * Archives of the programs in a front-end's remotes, which `onehost sync` brings to the hypervisors. There root takes
 * an archive if a key has signed it that root trusts.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { succeedsAs } from "./as_owner.ts";
import { type Owner, ownerOf } from "./owner_of.ts";
import { folderOf } from "./files.ts";
import { find } from "./seen.ts";
import type { Step } from "./steps.ts";

/** The folder of the archives, in the drivers' folder. `packaging/share/install/remotes.sh` knows it, too. */
const FOLDER = "one-tproxy";

/** The kinds of machines that archives are made for. */
const MACHINES = ["x86_64", "aarch64"];

/** The name of a released archive. Its signature is beside it. */
const RELEASED = new RegExp(`^one-tproxy-[0-9A-Za-z.+-]+-linux-(${MACHINES.join("|")})\\.tar\\.gz$`);
const SIGNATURE = ".sig";

/** A file that is copied into the remotes. */
export interface Copy {
  /** The file. */
  readonly from: string;
  /** Its copy. There is one for each kind of machine, whatever the version. */
  readonly path: string;
}

/**
 * Tells what is copied for an archive.
 *
 * @param archive The archive, as it was released.
 * @param vnm The drivers' folder.
 * @returns The archive, then its signature, which hypervisors look at first.
 * @throws {InputError} If the name is not that of a released archive.
 */
export function copiesOf(archive: string, vnm: string): Copy[] {
  const [, machine] = RELEASED.exec(archive.slice(archive.lastIndexOf("/") + 1)) ?? [];
  if (machine === undefined) {
    throw new InputError(
      `${JSON.stringify(archive)} does not have the name of a released archive`,
      'name one as "one-tproxy-0.1.0-linux-x86_64.tar.gz"',
    );
  }
  const path = pathOf(machine, vnm);
  return [{ from: archive, path }, { from: archive + SIGNATURE, path: path + SIGNATURE }];
}

/**
 * Names the archive for a kind of machine.
 *
 * @param machine The kind, as the kernel names it.
 * @param vnm The drivers' folder.
 * @returns Its path.
 */
export function pathOf(machine: string, vnm: string): string {
  return `${vnm}/${FOLDER}/linux-${machine}.tar.gz`;
}

/**
 * Plans how archives get into the remotes. Those for other kinds of machines stay.
 *
 * @param archives The archives, as they were released.
 * @param vnm The drivers' folder.
 * @returns The steps, none if all is there; the folder's owner reads, since it is the owner who writes.
 * @throws {InputError} If the owner may not read an archive, or there is no signature.
 * @throws {Deno.errors.NotCapable} Without the permissions of `integrate` in `lib/permissions/command_permissions.ts`.
 */
export async function planArchives(archives: readonly string[], vnm: string): Promise<Step[]> {
  const copies = archives.flatMap((archive) => copiesOf(archive, vnm));
  if (copies.length === 0) return [];
  const owner = await ownerOf(vnm);
  const differing: Copy[] = [];
  for (const copy of copies) if (await differs(copy, owner, vnm)) differing.push(copy);
  if (differing.length === 0) return [];
  return [
    { kind: "make folder", path: folderOf(pathOf("", vnm)) },
    ...differing.map((copy): Step => ({ kind: "copy", ...copy })),
  ];
}

async function differs({ from, path }: Copy, owner: Owner, vnm: string): Promise<boolean> {
  if (!await succeedsAs(owner, ["/usr/bin/test", "-f", from, "-a", "-r", from])) {
    throw new InputError(
      `${from} is not there, or the owner of ${vnm} may not read it`,
      "put the archive and its signature, which docs/release.md tells of, where oneadmin can read them",
    );
  }
  return !await succeedsAs(owner, ["/usr/bin/cmp", "-s", "--", from, path]);
}

/**
 * Finds the archives in the remotes.
 *
 * @param vnm The drivers' folder.
 * @returns Their paths.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the folder.
 */
export function findArchives(vnm: string): string[] {
  return MACHINES.map((machine) => pathOf(machine, vnm)).filter((path) => find(path).kind !== "missing");
}

/**
 * Plans how they are taken out of the remotes.
 *
 * @param archives The archives there.
 * @returns The steps.
 */
export function withdrawArchives(archives: readonly string[]): Step[] {
  const removed = archives.flatMap((path) => [path, path + SIGNATURE]).map((path): Step => ({ kind: "remove", path }));
  const folders = new Set(archives.map(folderOf));
  return [...removed, ...[...folders].map((path): Step => ({ kind: "remove folder", path }))];
}
