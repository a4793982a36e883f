/**
 * The package for Debian and Ubuntu.
 *
 * @module
 */

import { text } from "../command.ts";
import { PROGRAMS } from "../../lib/programs.ts";
import { copy, makeFolders, write } from "../tree.ts";
import { MAINTAINER } from "./maintainer.ts";
import { type Distribution, stage, TIME } from "./stage.ts";

const SCRIPTS = new URL("./", import.meta.url).pathname;

/** What dpkg has in any case; lintian wants a version of these. setpriv(1) came to util-linux with 2.32.1. */
const ESSENTIAL: Readonly<Record<string, string | undefined>> = { "libc-bin": undefined, "util-linux": "2.33" };

/** What the runtime is linked to. */
const LIBRARIES = ["libc6 (>= 2.27)", "libgcc-s1"];

const DESCRIPTION = `transparent proxies for the guests of OpenNebula hypervisors
 Guests reach chosen management services, such as OneGate, at 169.254.16.9,
 without a route from their networks to anything.
 .
 An unprivileged proxy listens in a network namespace for each bridge, and
 another one on the host dials the services that are listed, and nothing else.`;

/**
 * Lists the packages that ours needs.
 *
 * @returns The value of the field Depends.
 */
export function dependsOf(): string {
  const needed = new Set(Object.values(PROGRAMS).map(({ debian }) => debian));
  const named = [...needed].toSorted().flatMap((name) => {
    if (!Object.hasOwn(ESSENTIAL, name)) return [name];
    return ESSENTIAL[name] === undefined ? [] : [`${name} (>= ${ESSENTIAL[name]})`];
  });
  return [...LIBRARIES, ...named].join(", ");
}

/**
 * Makes the package.
 *
 * @param made What it is made of.
 * @param work A folder for its files.
 * @param file The package.
 * @throws {Error} If dpkg-deb fails.
 */
export async function makeDeb(made: Distribution, work: string, file: string): Promise<void> {
  const { tree, version, architecture } = made;
  await stage(tree, work, { zsh: "/usr/share/zsh/vendor-completions" });
  await writeChangelog(`${work}/usr/share/doc/one-tproxy`, version);
  await makeFolders(`${work}/usr/share/lintian/overrides`);
  await copy(`${SCRIPTS}lintian-overrides`, `${work}/usr/share/lintian/overrides/one-tproxy`);
  await makeFolders(`${work}/DEBIAN`);
  for (const script of ["postinst", "prerm", "postrm"]) await copy(`${SCRIPTS}${script}`, `${work}/DEBIAN/${script}`);
  const files = (await text(["/usr/bin/find", work, "-type", "f", "-not", "-path", "*/DEBIAN/*", "-printf", "%P\\n"]))
    .trim().split("\n").toSorted();
  await write(`${work}/DEBIAN/md5sums`, await text(["/usr/bin/env", `--chdir=${work}`, "md5sum", ...files]));
  const kilobytes = Math.ceil(await sizeOf(work, files) / 1024);
  await write(`${work}/DEBIAN/control`, renderControl(version, architecture.debian, kilobytes));
  await text([
    ...["/usr/bin/env", `SOURCE_DATE_EPOCH=${TIME}`, "dpkg-deb", "--root-owner-group"],
    // All releases can read gzip, and xz would take minutes for the runtime.
    ...["-Zgzip", "-z6", "--build", work, file],
  ]);
}

function renderControl(version: string, architecture: string, kilobytes: number): string {
  return `Package: one-tproxy
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: ${dependsOf()}
Section: net
Priority: optional
Description: ${DESCRIPTION}
`;
}

/** Debian's form. What has changed is in CHANGELOG.md. */
async function writeChangelog(folder: string, version: string): Promise<void> {
  const date = new Date(TIME * 1000).toUTCString().replace("GMT", "+0000");
  const entry = `one-tproxy (${version}) unstable; urgency=medium

  * See /usr/lib/one-tproxy/package/CHANGELOG.md.

 -- ${MAINTAINER}  ${date}
`;
  await write(`${folder}/changelog`, entry);
  await text(["/usr/bin/gzip", "-9n", `${folder}/changelog`]);
}

async function sizeOf(root: string, files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await Deno.stat(`${root}/${file}`)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
