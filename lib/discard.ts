/**
 * Removing files and folders that a proxy may have created, and may be changing at this moment.
 *
 * WHY not `Deno.remove()`: it is recursive, so folders that are nested ten thousand deep crash the program. Paths
 * longer than 4096 characters also fail. Instead, the contents of a folder are moved up, into a folder that only root
 * can reach, until nothing is left to move.
 *
 * WHY no link can redirect it: before a folder is read, its owner becomes root and its mode 0700. From then on, nobody
 * else can replace anything in it by a link, not even a program that has the folder open.
 *
 * @module
 */

import { log } from "./log.ts";
import { PROXY_DIR, RUN_DIR } from "./paths.ts";

/** The name of the folder for everything that waits to be removed. No bridge can have this name. */
export const DISCARDED = ".discarded";

/** How many files and folders one call removes, which takes some seconds. The next call goes on. */
const AT_ONCE = 50_000;

/**
 * Moves a file or folder away at once. {@linkcode removeDiscarded} removes it later.
 *
 * @param path A file or folder under `/run/one_tproxy`; it need not exist. Only root may write to its folder, or to the
 * folder above.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function discard(path: string): Promise<void> {
  const grave = graveIn(path.startsWith(`${PROXY_DIR}/`) ? PROXY_DIR : RUN_DIR);
  await Deno.mkdir(grave, { recursive: true, mode: 0o700 });
  try {
    // A rename follows no link.
    await Deno.rename(path, `${grave}/${crypto.randomUUID()}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Removes what was discarded, up to a number of files that takes some seconds. If some are left, it logs a warning, and
 * the next call goes on.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function removeDiscarded(): void {
  for (const grave of [graveIn(PROXY_DIR), graveIn(RUN_DIR)]) {
    const names = namesIn(grave);
    if (names === undefined) continue;
    if (empty(grave, names)) Deno.removeSync(grave);
    else log.warning(`Removed only a part of what proxies left; the next run goes on, or you do: "rm -rf ${grave}"`);
  }
}

function graveIn(folder: string): string {
  return `${folder}/${DISCARDED}`;
}

/** Removes the contents of a folder that only root may use. Returns whether nothing is left. */
function empty(grave: string, waiting: string[]): boolean {
  let stuck = false;
  for (let i = 0; i < AT_ONCE; i++) {
    const name = waiting.pop();
    if (name === undefined) return !stuck;
    const path = `${grave}/${name}`;
    try {
      if (Deno.lstatSync(path).isDirectory) moveUp(path, grave, waiting);
      Deno.removeSync(path);
    } catch (error) {
      // The usual cause is a name that is not UTF-8. Deno can't handle such a file, nor a folder that contains one.
      if (error instanceof Deno.errors.NotCapable) throw error;
      stuck = true;
    }
  }
  return false;
}

/**
 * Moves the contents of a folder into another one, and adds the new names to the list. If one can't be moved, the
 * others still are.
 */
function moveUp(folder: string, to: string, names: string[]): void {
  Deno.chownSync(folder, 0, 0);
  Deno.chmodSync(folder, 0o700);
  const failures: unknown[] = [];
  for (const name of namesIn(folder) ?? []) {
    const up = crypto.randomUUID();
    try {
      Deno.renameSync(`${folder}/${name}`, `${to}/${up}`);
      names.push(up);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Lists the names in a folder; `undefined` if there is no such folder. */
function namesIn(folder: string): string[] | undefined {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
