/**
 * The packages, those of another version, made of the same sources in another place, and what installs and removes
 * them.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../../deno.json" with { type: "json" };
import { until } from "../../packaging/command.ts";
import { Host } from "./host.ts";
import { listingOf } from "./system_root.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The packages of one version. */
export interface Packages {
  /** The .deb. */
  readonly deb: string;
  /** The .rpm. */
  readonly rpm: string;
}

/** As `deno task package` has made them before the lab was entered. */
export const PACKAGES: Packages = packagesOf(`${ROOT}.build/packages`, settings.version);

/** The version of the other packages. */
const OTHER_VERSION = `${settings.version}.1`;

function packagesOf(folder: string, version: string): Packages {
  return { deb: `${folder}/one-tproxy_${version}_amd64.deb`, rpm: `${folder}/one-tproxy-${version}-1.x86_64.rpm` };
}

/** Copies what packages are made of, and with another version changes the distribution; `sh PLACE CHECKOUT OLD NEW`. */
const COPY = `rm -rf "$1"; mkdir -p "$1/.build/dist"; cd "$2"
cp -r --parents cmd lib packaging deno.json deno.lock "$1"
cp -r ".build/dist/one-tproxy-$3-linux-x86_64" "$1/.build/dist/one-tproxy-$4-linux-x86_64"
find "$1" -exec touch -d 2001-02-03 {} +
test "$3" != "$4" || exit 0
sed -i "s/\\"version\\": \\"$3\\"/\\"version\\": \\"$4\\"/" "$1/deno.json"
cd "$1/.build/dist/one-tproxy-$4-linux-x86_64"; echo "version $4" >>CHANGELOG.md
sed -n 's/^[0-9a-f]*  //p' SHA256SUMS | xargs sha256sum >SUMS; mv SUMS SHA256SUMS`;

/**
 * Makes packages of the distribution that is there, in a folder of `.build`, with another umask, time zone and locale.
 */
export async function makePackages(name: string, version: string): Promise<Packages> {
  await using host = await Host.create("builder");
  const place = `${ROOT}.build/${name}`;
  await host.text(["sh", "-e", "-c", COPY, "sh", place, ROOT, settings.version, version]);
  const build = 'cd "$0" && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 exec "$@"';
  const flags = ["--quiet", "--no-prompt", "--frozen", "--cached-only", "--allow-run", "--allow-read", "--allow-write"];
  await host.text(["sh", "-c", build, place, Deno.execPath(), "run", ...flags, "packaging/package.ts"]);
  return packagesOf(`${place}/.build/packages`, version);
}

/** Packages of another version. They are made once, for the first test of a file that needs them. */
export function makeOthers(): Promise<Packages> {
  return others ??= makePackages("other-version", OTHER_VERSION);
}

let others: Promise<Packages> | undefined;

/** How one package manager does it. */
export interface Manager {
  /** The package of this version. */
  readonly first: string;
  /** The package of the other version. */
  readonly second: () => Promise<string>;
  /** Installs a package file, or changes to it. */
  readonly install: readonly string[];
  /** Removes the package, and all that it has left. */
  readonly remove: readonly string[];
}

/**
 * Debian's rpm keeps its database in the home. Root's is no part of what is compared; the caller's may be below /tmp.
 */
const RPM = ["env", "HOME=/root", "rpm", "--force-debian", "--nodeps"];

/** The package managers. */
export const MANAGERS: Readonly<Record<string, Manager>> = {
  dpkg: {
    first: PACKAGES.deb,
    second: async () => (await makeOthers()).deb,
    install: ["dpkg", "-i"],
    remove: ["dpkg", "-P", "one-tproxy"],
  },
  rpm: {
    first: PACKAGES.rpm,
    second: async () => (await makeOthers()).rpm,
    install: [...RPM, "-U", "--oldpackage"],
    remove: [...RPM, "-e", "one-tproxy"],
  },
};

/** Where a host has a file that it was given. */
export function inRoot(file: string): string {
  return `/root/${file.slice(file.lastIndexOf("/") + 1)}`;
}

/** What dpkg, rpm, man-db and the proxies keep for themselves. */
const KEPT = ["/var/lib/dpkg", "/var/lib/rpm", "/var/log", "/var/cache"];

/** Every file of a host but these. */
export function systemOf(host: Host): Promise<string[]> {
  return listingOf(host, ...KEPT);
}

/** Shows that nothing of ours is on a host, and that it is as it was but for rules of others. */
export async function assertGone(host: Host, before: readonly string[], rules = ""): Promise<void> {
  await until(
    "no proxy runs",
    async () => !/^one_tproxy|one-tproxy/m.test(await host.text(["ps", "-eo", "args="])),
  );
  assert.deepEqual(await systemOf(host), before);
  assert.equal(await host.text(["nft", "list", "ruleset"]), rules);
  assert.equal(await host.text(["ip", "netns", "list"]), "");
}
