/**
 * Hosts with a system of their own to write to: Debian's base and what the proxies need, or a copy of this machine's.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

const BUILD = new URL("../../.build/", import.meta.url).pathname;

/**
 * Debian's base, the packages that our programs need, that by which OpenNebula's drivers run them, and those that show
 * the manual, complete commands and install an .rpm.
 */
export const BASE = `${BUILD}hypervisor-root`;

/** This machine's own system. */
export const MACHINE = "/";

/** What the base does not hold already of what `lib/programs.ts` names; and the rest. */
export const PACKAGES = [
  "iproute2",
  "nftables",
  "procps",
  "util-linux",
  "sudo",
  "bash-completion",
  "man-db",
  "rpm",
  "zsh",
];

/**
 * mmdebstrap knows where to get a release; without one it is the machine's own, os-release(5). Ubuntu has some of the
 * packages in "universe".
 */
const MAKE = `. /etc/os-release; case $ID in ubuntu) components=main,universe ;; *) components=main ;; esac
exec mmdebstrap --quiet --variant=minbase --components=$components --include="$1" "\${2:-$VERSION_CODENAME}" "$0"`;

/** Makes the base, once for each checkout; needs the network. */
export async function prepareBase(): Promise<void> {
  await makeRoot(BASE, "", PACKAGES);
}

/**
 * Makes a root of Debian's base and some packages, unless it is there with these; needs the network.
 *
 * @param root The folder.
 * @param release The release's code name; empty for the machine's own.
 * @param packages The packages.
 * @throws {Error} If mmdebstrap can't make it.
 */
export async function makeRoot(root: string, release: string, packages: readonly string[]): Promise<void> {
  const [next, list, named] = [`${root}.next`, `${root}.packages`, packages.join(",")];
  if (await textOf(list) === named) return;
  console.log(`Making ${root} of Debian's packages, once`);
  for (const argv of [["rm", "-rf", next, root, list], ["sh", "-c", MAKE, next, named, release]]) {
    const { code, stderr } = await run(["/usr/bin/env", ...argv]);
    if (code !== 0) throw new Error(`mmdebstrap can't make ${next}: ${stderr.trim().replaceAll("\n", " | ")}`);
  }
  await Deno.rename(next, root);
  // Last, since an incomplete root must not be taken for a complete one.
  await Deno.writeTextFile(list, named);
}

/** The text of a file; `undefined` if there is none. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Mounts a root made of the folder `$1`, and goes there: what is written to it reaches nothing else. */
export const MOUNT = `lower=$1; shift
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
for dir in run tmp var/log var/tmp; do mount -t tmpfs -o mode=755 tmpfs $dir; done
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=700 tmpfs root`;

/** Makes it the root. */
export const PIVOT = `pivot_root . mnt
umount -l /mnt`;

/** Gives a host a root of its own; `sh ROOT FILE…`: the files go into its `/root`. */
const ENTER = `${MOUNT}
for file do cp -r "$file" root; done
${PIVOT}`;

/**
 * Gives a host a root of its own. Its changes do not reach the folder that the root is made of.
 *
 * @param host The host.
 * @param root What it is made of: {@linkcode BASE} or {@linkcode MACHINE}.
 * @param files Files of the machine to copy to its `/root`.
 */
export async function giveRoot(host: Host, root: string, ...files: string[]): Promise<void> {
  await host.text(["sh", "-e", "-c", ENTER, "sh", root, ...files]);
  host.workingFolder = "--wdns=/";
}

/** Every file and folder with owner, mode, size or target, and content: equal if and only if nothing was changed. */
export async function listingOf(host: Host, ...leaveOut: string[]): Promise<string[]> {
  const prune = ["/proc", "/sys", "/dev", "/root", ...leaveOut].flatMap((path) => ["-path", path, "-prune", "-o"]);
  const entries = await host.text(["find", "/", ...prune, "-printf", "%p %y %m %U:%G %l\\n"]);
  const files = ["/etc", "/opt", "/usr/local", "/var/tmp", "/run", "/srv", "/home"];
  const sums = await host.text(["sh", "-c", 'find "$@" -type f -exec sha256sum {} +', "sh", ...files]);
  return [...entries.split("\n"), ...sums.split("\n")].toSorted();
}
