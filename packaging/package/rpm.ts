/**
 * The package for the Enterprise Linux family and SUSE.
 *
 * @module
 */

import { text } from "../command.ts";
import { PROGRAMS } from "../../lib/programs.ts";
import { makeFolders, write } from "../tree.ts";
import { MAINTAINER } from "./maintainer.ts";
import { type Distribution, PREFIX, stage, TIME } from "./stage.ts";

/**
 * What rpmbuild would do besides packing: the runtime is used as it is, and the host and time of a build say nothing.
 */
const MACROS: Readonly<Record<string, string>> = {
  "debug_package": "%{nil}",
  "__os_install_post": "%{nil}",
  "_build_id_links": "none",
  "_buildhost": "localhost",
  "use_source_date_epoch_as_buildtime": "1",
  "clamp_mtime_to_source_date_epoch": "1",
  // All releases can read gzip.
  "_binary_payload": "w6.gzdio",
};

/**
 * Makes the package.
 *
 * @param made What it is made of.
 * @param work A folder for its files.
 * @param file The package.
 * @throws {Error} If rpmbuild fails.
 */
export async function makeRpm(made: Distribution, work: string, file: string): Promise<void> {
  const { tree, version, architecture } = made;
  const root = `${work}/root`;
  await stage(tree, root, { zsh: "/usr/share/zsh/site-functions" });
  await makeFolders(`${work}/top`);
  const found = await text(["/usr/bin/find", root, "(", "-type", "f", "-o", "-type", "l", ")", "-printf", "/%P\\n"]);
  await write(`${work}/one-tproxy.spec`, renderSpec(version, found.trim().split("\n").toSorted()));
  const macros = {
    ...MACROS,
    staged: root,
    _topdir: `${work}/top`,
    _rpmdir: `${work}/made`,
    _rpmfilename: "one-tproxy.rpm",
  };
  await text([
    ...[
      "/usr/bin/env",
      `SOURCE_DATE_EPOCH=${TIME}`,
      `HOME=${work}`,
      "rpmbuild",
      "--quiet",
      "-bb",
      `--target=${architecture.name}-linux`,
    ],
    ...Object.entries(macros).flatMap(([name, value]) => ["--define", `${name} ${value}`]),
    `--buildroot=${work}/build`,
    `${work}/one-tproxy.spec`,
  ]);
  await Deno.rename(`${work}/made/one-tproxy.rpm`, file);
}

/** The names of packages differ between the families of systems; the paths of programs don't. */
function requiresOf(): string[] {
  return Object.values(PROGRAMS).map(({ path }) => path).toSorted();
}

function renderSpec(version: string, files: readonly string[]): string {
  return `Name: one-tproxy
Version: ${version}
Release: 1
Summary: Transparent proxies for the guests of OpenNebula hypervisors
License: Apache-2.0 AND MIT
Group: System Environment/Daemons
Packager: ${MAINTAINER}
AutoProv: no
${requiresOf().map((path) => `Requires: ${path}\n`).join("")}
%description
Guests reach chosen management services, such as OneGate, at 169.254.16.9,
without a route from their networks to anything.

%install
cp -a %{staged}/. %{buildroot}/

%post
${PREFIX}/package/install.sh

%preun
# An upgrade comes here with 1, when the new version is in use already.
if test "$1" = 0; then ${PREFIX}/package/install.sh --remove; fi

%postun
if test "$1" = 0 && test -d /run/systemd/system; then systemctl daemon-reload; fi

%files
%defattr(-,root,root)
${foldersOf(files).map((folder) => `%dir ${folder}\n`).join("")}${files.map((file) => `"${file}"\n`).join("")}`;
}

/** The folders that are the package's alone, or that no other package of a system may have. */
function foldersOf(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => {
    const parts = file.split("/").slice(0, -1);
    return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  });
  const own = /^\/usr\/(?:lib\/one-tproxy|share\/(?:doc\/one-tproxy|zsh|bash-completion))(?:\/|$)/;
  return [...new Set(folders)].filter((folder) => own.test(folder)).toSorted();
}
