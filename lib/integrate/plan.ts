/**
 * What is, and what should be: the steps from the one to the other. Pure.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { allFiles, filesOf, folderOf, sudoersOf, type Way, type WayFile } from "./files.ts";
import { type Found, keptOf, type Seen } from "./seen.ts";
import type { Step } from "./steps.ts";

const ABSENT: Found = { kind: "missing", text: "", mode: 0 };

/**
 * Plans how a way is taken.
 *
 * @param way The way.
 * @param seen What is there.
 * @returns The steps, first the one that may fail; none if all is as it should be.
 * @throws {InputError} If somebody else's file is in the way.
 */
export function planWay(way: Way, seen: Seen): Step[] {
  const { vnm, sudoers, note, madeFolders } = seen.place;
  const [proxies, ...others] = filesOf(way, vnm).filter(({ folder }) => seen.folders.has(folder));
  const rules = sudoersOf(way, sudoers);
  refuseForeign([...proxies === undefined ? [] : [proxies], ...others, ...rules === undefined ? [] : [rules]], seen);
  const wanted = new Set(filesOf(way, vnm).map(({ path }) => path));
  const former = allFiles(vnm).filter(({ path }) => !wanted.has(path));
  const made = others.map(({ path }) => folderOf(path)).filter((folder) => !seen.folders.has(folder));
  const all = [...new Set([...seen.madeFolders, ...made])];
  return [
    ...proxies === undefined ? [] : replaceProxies(proxies, seen),
    ...former.flatMap((file) => takeAway(file, seen)),
    ...way === "hooks" ? [] : removeFolders(seen),
    ...putRules(rules, way, seen),
    ...way === seen.way ? [] : [
      // From now on the driver alone decides what is on the bridges. What setup has recorded would be put back against its will.
      ...way === "drop-in" && seen.isRecorded ? [releaseBridges(seen)] : [],
      { kind: "note", way, path: note } as const,
    ],
    ...proxies === undefined
      ? [tell(`There is no ${vnm} yet: "onehost sync" brings it, and our files in it if the front-end has them`)]
      : [],
    ...made.length === 0 ? [] : [{ kind: "list folders", folders: all, path: madeFolders } as const],
    ...others.flatMap((file) => put(file, seen)),
  ];
}

/**
 * Plans how the files are taken away again.
 *
 * @param seen What is there.
 * @returns The steps.
 */
export function withdraw(seen: Seen): Step[] {
  const files = allFiles(seen.place.vnm).toReversed();
  return [...files.flatMap((file) => takeAway(file, seen)), ...removeFolders(seen), ...removeRules(seen)];
}

/**
 * Has `setup` leave every bridge to the driver.
 *
 * @param seen What is there.
 * @returns The step.
 */
export function releaseBridges({ place: { prefix } }: Seen): Step {
  return run("Leaving the bridges to the driver", `${prefix}/bin/tproxy-setup`, ["release"]);
}

/**
 * Runs a program.
 *
 * @param why Why, for people.
 * @param program The program.
 * @param args Its arguments.
 * @param remedy What to do if it fails.
 * @returns The step.
 */
export function run(
  why: string,
  program: string,
  args: readonly string[],
  remedy = "see the line above",
): Step & { kind: "run" } {
  return { kind: "run", why, program, args, remedy };
}

/**
 * Tells what a person has to know.
 *
 * @param text A line.
 * @returns The step.
 */
export function tell(text: string): Step {
  return { kind: "tell", text };
}

/** Nothing has been changed yet when this throws. */
function refuseForeign(files: readonly WayFile[], { files: found }: Seen): void {
  for (const { path, replaces } of files) {
    const { kind } = found.get(path) ?? ABSENT;
    if (kind === "no file") throw new InputError(`${path} is in the way and no file`, "move it away");
    if (kind === "theirs" && !replaces) throw new InputError(`${path} is in the way and not ours`, "move it away");
  }
}

/** Other proxies hold the ports that ours listen on, so they are ended first. */
function replaceProxies(file: WayFile, seen: Seen): Step[] {
  const { kind, mode } = seen.files.get(file.path) ?? ABSENT;
  const isRun = kind === "theirs" && (mode & 0o111) !== 0 && seen.place.sudoers !== undefined;
  if (!isRun) return put(file, seen);
  const remedy = "end these proxies by hand, and run this again";
  const stop = run("Stopping the driver's own proxies", file.path, ["stop"], remedy);
  return [
    { ...stop, isDrivers: true },
    ...put(file, seen),
    // Not by the file in the drivers' folder, which its owner may have replaced meanwhile.
    run("Starting ours", `${seen.place.prefix}/bin/tproxy`, ["start"]),
  ];
}

/** Writes a file, unless it is there already, and keeps what it takes the place of. */
function put(file: WayFile, seen: Seen): Step[] {
  const { path, source, mode } = file;
  const found = seen.files.get(path) ?? ABSENT;
  const text = seen.sources.get(source) ?? "";
  if (found.kind === "ours" && found.text === text && found.mode === mode) return [];
  const folder = folderOf(path);
  return [
    ...seen.folders.has(folder) ? [] : [{ kind: "make folder", path: folder } as const],
    ...found.kind === "theirs" ? [{ kind: "keep", path, kept: keptOf(seen.place, path) } as const] : [],
    { kind: "write", path, text, mode },
  ];
}

function putRules(rules: WayFile | undefined, way: Way, seen: Seen): Step[] {
  if (rules === undefined) return removeRules(seen);
  if (seen.folders.has(rules.folder)) return put(rules, seen);
  return [tell(`There is no ${rules.folder}: let oneadmin run as root what ${seen.place.share}/${way}/sudoers lists`)];
}

function removeRules({ files, place: { sudoers } }: Seen): Step[] {
  return sudoers !== undefined && files.get(sudoers)?.kind === "ours" ? [{ kind: "remove", path: sudoers }] : [];
}

/** Removes a file if it is ours, and puts back what was there before. What somebody else has put there since is newer. */
function takeAway({ path }: WayFile, seen: Seen): Step[] {
  const kept = keptOf(seen.place, path);
  const isKept = seen.kept.has(kept);
  const forget: Step[] = isKept ? [{ kind: "forget", path: kept }] : [];
  if (seen.files.get(path)?.kind !== "ours") return forget;
  return [isKept ? { kind: "put back", path, kept } : { kind: "remove", path }, ...forget];
}

/** Only the folders that we made. Others are OpenNebula's, even if they are empty. */
function removeFolders({ madeFolders, place }: Seen): Step[] {
  if (madeFolders.length === 0) return [];
  const folders = madeFolders.map((path): Step => ({ kind: "remove folder", path }));
  return [...folders, { kind: "forget", path: place.madeFolders }];
}
