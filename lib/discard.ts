/**
 * Removing what a proxy may have made, and may be changing at this moment.
 *
 * WHY not `Deno.remove()`: it goes down into folders by calling itself, so that folders nested ten thousands deep end the
 * program; and paths longer than 4096 characters can't be used at all. So nothing goes down: what is in a folder is moved up,
 * into a folder that root alone can reach, until there is nothing left to move.
 *
 * WHY it can't be led elsewhere: before a folder is read, it becomes root's alone. From then on nobody else can put a link in
 * the place of anything in it, not even a program that has it open.
 *
 * @module
 */

import { log } from "./log.ts";
import { PROXY_DIR, RUN_DIR } from "./names.ts";

/** The folder in which things wait to be removed. No bridge can be called that. */
export const DISCARDED = ".discarded";

/** How much is removed at once, in files and folders; some seconds' work. What is left then is for the next time. */
const AT_ONCE = 50_000;

/**
 * Takes something out of the way at once, to be removed by {@linkcode removeDiscarded}.
 *
 * @param path A file or folder under `/run/one_tproxy`; none is fine. Its folder, or that one's, is root's alone.
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
 * Removes what was discarded, or as much of it as takes some seconds; the rest is logged and left for the next call.
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

/** Removes what is in a folder that is root's alone; returns whether that was all. */
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
      // Above all a name that is not UTF-8, which Deno can't tell, nor what is in a folder of such a name.
      if (error instanceof Deno.errors.NotCapable) throw error;
      stuck = true;
    }
  }
  return false;
}

/** Moves what is in a folder into another one, and lists the new names. What can't be moved keeps nothing else from it. */
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

/** The names in a folder, or `undefined` if there is none. */
function namesIn(folder: string): string[] | undefined {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
