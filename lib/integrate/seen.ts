/**
 * How OpenNebula calls an installation now: the notes, and the files.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { codeOf } from "../error_code.ts";
import { RUN_FILES } from "../paths.ts";
import { readRegularFile } from "../regular_file.ts";
import { allFiles, folderOf, LONGEST_FILE, MARK, nameOf, type Way, WAYS } from "./files.ts";
import { isAbsence, isFolder } from "./is_folder.ts";
import type { Place } from "./place.ts";

/** What is at a path. */
export interface Found {
  /** Nothing, a file of ours, a file of somebody else's, something that is no file, or what this user may not read. */
  readonly kind: "missing" | "ours" | "theirs" | "no file" | "unreadable";
  /** Its text, if it is ours. */
  readonly text: string;
  /** Its mode. */
  readonly mode: number;
}

/** What is there. */
export interface Seen {
  /** Where it is. */
  readonly place: Place;
  /** The way that is noted. */
  readonly way: Way | undefined;
  /** What is at the path of each file that a way may have. */
  readonly files: ReadonlyMap<string, Found>;
  /** The files that are kept, by their paths. */
  readonly kept: ReadonlySet<string>;
  /** Those of the folders of such files, and of the drivers', that are there. */
  readonly folders: ReadonlySet<string>;
  /** The folders that were made. */
  readonly madeFolders: readonly string[];
  /** Whether there is a setup record. */
  readonly isRecorded: boolean;
  /** What each file of ours is made of, by its path below `share/`, for this prefix. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Looks.
 *
 * @param place Where everything is.
 * @param sources What each file of ours is made of.
 * @returns What is there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for all of it.
 */
export function see(place: Place, sources: ReadonlyMap<string, string>): Seen {
  const all = allFiles(place.vnm);
  const paths = [...all.map(({ path }) => path), place.sudoers ?? []].flat();
  const folders = [...paths.map(folderOf), ...all.map(({ folder }) => folder)];
  const isFound = (path: string) => find(path).kind !== "missing";
  return {
    place,
    way: readWay(place.note),
    files: new Map(paths.map((path) => [path, find(path)])),
    kept: new Set(all.filter(({ replaces }) => replaces).map(({ path }) => keptOf(place, path)).filter(isFound)),
    folders: new Set(folders.filter(isFolder)),
    madeFolders: readText(place.madeFolders)?.split("\n").filter((line) => line !== "") ?? [],
    isRecorded: place.sudoers !== undefined && isFound(RUN_FILES.setupRecord),
    sources,
  };
}

/**
 * Names where a file is kept.
 *
 * @param place Where everything is.
 * @param path The file.
 * @returns The kept one's path.
 */
export function keptOf({ kept }: Pick<Place, "kept">, path: string): string {
  return `${kept}/${nameOf(path)}`;
}

/**
 * Reads which way was chosen.
 *
 * @param note The file.
 * @returns The way; `undefined` if there is none, or another program has written the file.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function readWay(note: string): Way | undefined {
  const text = readText(note)?.trim();
  return WAYS.find((way) => way === text);
}

/**
 * Looks what is at a path. A link counts as what it leads to.
 *
 * @param path The path.
 * @returns What is there.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
 */
export function find(path: string): Found {
  try {
    const { isFile, mode } = Deno.statSync(path);
    const found = { text: "", mode: (mode ?? 0) & 0o7777 };
    if (!isFile) return { ...found, kind: "no file" };
    const text = readText(path) ?? "";
    return text.includes(MARK) ? { ...found, kind: "ours", text } : { ...found, kind: "theirs" };
  } catch (error) {
    // It is longer than any of ours, or has become something else since.
    if (error instanceof InputError) return { kind: "theirs", text: "", mode: Deno.statSync(path).mode ?? 0 };
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (codeOf(error) === "EACCES") return { kind: "unreadable", text: "", mode: 0 };
    if (isAbsence(error)) return { kind: isDeadLink(path) ? "no file" : "missing", text: "", mode: 0 };
    throw error;
  }
}

/** A link that leads nowhere is there, too. */
function isDeadLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return false;
  }
}

function readText(path: string): string | undefined {
  try {
    return new TextDecoder().decode(readRegularFile(path, LONGEST_FILE));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
