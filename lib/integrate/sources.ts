/**
 * What the files of a way are made of: those of `share/` of a distribution, with the prefix of the installation in them.
 *
 * @module
 */

import { DEFAULT_PREFIX } from "../paths.ts";
import { filesOf, sudoersOf, WAYS } from "./files.ts";
import type { Place } from "./place.ts";

/**
 * Reads what the files of all ways are made of.
 *
 * @param place Where everything is.
 * @returns The text of each file, by its path below `share/`.
 * @throws {Deno.errors.NotFound} If a file is missing.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for `share/`.
 */
export function readSources({ share, prefix, vnm, sudoers }: Place): Map<string, string> {
  const files = WAYS.flatMap((way) => [...filesOf(way, vnm), sudoersOf(way, sudoers) ?? []].flat());
  return new Map(files.map(({ source }) => {
    return [source, Deno.readTextFileSync(`${share}/${source}`).replaceAll(DEFAULT_PREFIX, prefix)];
  }));
}
