/**
 * Files of a distribution: copying them, with modes that do not depend on the machine, their checksums, and packing
 * them.
 *
 * @module
 */

import { text } from "./command.ts";

/**
 * Copies a file, or a folder with all that is in it. A file that its owner may execute may be executed by all.
 *
 * @param from What to copy.
 * @param to The copy, in a folder that is there.
 */
export async function copy(from: string, to: string): Promise<void> {
  const { isDirectory, mode } = await Deno.stat(from);
  if (!isDirectory) {
    await Deno.copyFile(from, to);
    return await Deno.chmod(to, (mode ?? 0) & 0o100 ? 0o755 : 0o644);
  }
  await makeFolder(to);
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/**
 * Makes a folder of mode 0755, whatever the umask.
 *
 * @param path The folder, in a folder that is there.
 */
export async function makeFolder(path: string): Promise<void> {
  await Deno.mkdir(path);
  await Deno.chmod(path, 0o755);
}

/**
 * Makes a folder of mode 0755, whatever the umask, and those above it, unless they are there.
 *
 * @param path The folder, an absolute path.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolders(path.slice(0, path.lastIndexOf("/")));
    await makeFolder(path);
  }
}

/**
 * Writes a file.
 *
 * @param path The file.
 * @param content Its whole text.
 * @param mode Its mode.
 */
export async function write(path: string, content: string, mode = 0o644): Promise<void> {
  await Deno.writeTextFile(path, content);
  await Deno.chmod(path, mode);
}

/**
 * Finds the SHA-256 of every file in a folder.
 *
 * @param folder The folder.
 * @returns The sums in hexadecimal digits, by the path below the folder, in the order of the paths.
 */
export async function sumsOf(folder: string): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const path of (await filesIn(folder, "")).toSorted()) sums.set(path, await sha256(`${folder}/${path}`));
  return sums;
}

async function filesIn(folder: string, below: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
    if (isDirectory) found.push(...await filesIn(folder, `${below}${name}/`));
    else found.push(`${below}${name}`);
  }
  return found;
}

async function sha256(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

/**
 * Packs a folder so that the same files give the same bytes on any machine and at any time
 * (https://reproducible-builds.org/docs/archives/).
 *
 * @param folder What the folder is in.
 * @param name The folder, which is also the one folder in the archive.
 * @param archive The archive, a `.tar.gz`.
 */
export async function pack(folder: string, name: string, archive: string): Promise<void> {
  await text([
    "/usr/bin/tar",
    `--directory=${folder}`,
    "--create",
    `--file=${archive}`,
    "--use-compress-program=/usr/bin/gzip -n",
    ...["--format=ustar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"],
    name,
  ]);
}
