/**
 * The files by which OpenNebula's network drivers call these programs. Pure.
 *
 * @module
 */

/** A way in which OpenNebula calls these programs; docs/opennebula.md describes them. */
export type Way = "drop-in" | "hooks" | "full";

/** All ways. */
export const WAYS: readonly Way[] = ["drop-in", "hooks", "full"];

/** Each of our files outside the prefix has this in a comment. A file without it is not ours. */
export const MARK = "Installed by one-tproxy";

/** The longest file that is read, in bytes. Ours have less than 4 KiB, the drivers' own less than 40. */
export const LONGEST_FILE = 64 * 1024;

/** The drivers that use Linux bridges, and which hooks of theirs are ours. */
const DRIVERS = ["bridge", "fw", "ebtables", "802.1Q", "vxlan"];
const HOOKS = ["pre", "clean"];

/** A file of a way. */
export interface WayFile {
  /** The file. */
  readonly path: string;
  /** What it is made of, below `share/` of a distribution. */
  readonly source: string;
  /** Its mode. */
  readonly mode: number;
  /** Whether it takes the place of a file of the driver's own, which is kept, or of none. */
  readonly replaces: boolean;
  /** The folder that has to be there. Where it is missing, nobody misses the file. */
  readonly folder: string;
  /** What happens if it is not ours. */
  readonly consequence: string;
}

/**
 * Lists the files of a way in the drivers' folder.
 *
 * @param way The way.
 * @param vnm The drivers' folder.
 * @returns The files, first the one that all ways have.
 */
export function filesOf(way: Way, vnm: string): WayFile[] {
  const proxies: WayFile = {
    path: `${vnm}/tproxy`,
    source: "drop-in/tproxy",
    mode: 0o755,
    replaces: true,
    folder: vnm,
    consequence: "the drivers call other proxies",
  };
  if (way === "drop-in") return [proxies];
  if (way === "full") {
    const consequence = "the drivers set bridges up by themselves";
    const source = "full/tproxy.rb";
    return [proxies, { ...proxies, path: `${vnm}/tproxy.rb`, source, mode: 0o644, consequence }];
  }
  const hooks = DRIVERS.flatMap((driver) =>
    HOOKS.map((hook): WayFile => ({
      path: `${vnm}/${driver}/${hook}.d/one-tproxy`,
      source: `hooks/${hook}`,
      mode: 0o755,
      replaces: false,
      folder: `${vnm}/${driver}`,
      consequence: "nobody sets bridges up",
    }))
  );
  return [proxies, ...hooks];
}

/**
 * Lists the files that any way has.
 *
 * @param vnm The drivers' folder.
 * @returns The files, each once.
 */
export function allFiles(vnm: string): WayFile[] {
  return [...new Map(WAYS.flatMap((way) => filesOf(way, vnm)).map((file) => [file.path, file])).values()];
}

/**
 * Describes what oneadmin may run as root.
 *
 * @param way The way.
 * @param path The file of sudo; `undefined` where the programs don't run.
 * @returns The file; `undefined` if OpenNebula's own sudoers are enough.
 */
export function sudoersOf(way: Way, path: string | undefined): WayFile | undefined {
  if (way === "drop-in" || path === undefined) return undefined;
  return {
    path,
    source: `${way}/sudoers`,
    mode: 0o440,
    replaces: false,
    folder: path.slice(0, path.lastIndexOf("/")),
    consequence: "the drivers may not run our programs",
  };
}

/**
 * Names the folder that a file is in.
 *
 * @param path The file.
 * @returns The folder.
 */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * Names a file without its folder.
 *
 * @param path The file.
 * @returns The name.
 */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
