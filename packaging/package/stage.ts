/**
 * The files of a package, as they are on a system. The distribution is in one folder; the rest is where a system looks
 * for it.
 *
 * @module
 */

import copyright from "./copyright" with { type: "text" };
import type { Architecture } from "../architecture.ts";
import { text } from "../command.ts";
import { copy, makeFolders, write } from "../tree.ts";

/** Where the programs are; `packaging/install.sh` knows the folder, too. */
export const PREFIX = "/usr/lib/one-tproxy";

/**
 * The time of the change log, and the latest that a file may have in a package, seconds since 1970: 1 January 2026.
 * The time of a build would make each build another, and lintian takes 1970 for a mistake.
 */
export const TIME = Date.UTC(2026, 0, 1) / 1000;

/** Links, each with what it leads to. `install.sh` makes `bin/`, which leads to the version in use. */
const LINKS: Readonly<Record<string, string>> = {
  "/usr/sbin/tproxy": "../lib/one-tproxy/bin/tproxy",
  "/usr/sbin/tproxy-setup": "../lib/one-tproxy/bin/tproxy-setup",
  "/usr/share/doc/one-tproxy/README.md": "../../../lib/one-tproxy/package/README.md",
  "/usr/share/doc/one-tproxy/docs": "../../../lib/one-tproxy/package/docs",
};

/** What a package is made of. */
export interface Distribution {
  /** The folder that it is in. */
  readonly tree: string;
  /** Its version. */
  readonly version: string;
  /** The machine that it is for. */
  readonly architecture: Architecture;
}

/** Where a system looks for completions; zsh's folder differs from system to system. */
export interface Places {
  /** The folder for zsh. */
  readonly zsh: string;
}

/**
 * Copies a distribution to where a package has it.
 *
 * @param tree The distribution.
 * @param root The root of the package's files, a folder that is not there.
 * @param places What differs between systems.
 */
export async function stage(tree: string, root: string, { zsh }: Places): Promise<void> {
  const place = async (from: string, to: string) => {
    await makeFolders(`${root}${to.slice(0, to.lastIndexOf("/"))}`);
    await copy(from, `${root}${to}`);
  };
  await place(tree, `${PREFIX}/package`);
  const share = `${tree}/share`;
  for (const name of ["tproxy", "tproxy-setup"]) {
    await place(`${share}/completions/bash/${name}`, `/usr/share/bash-completion/completions/${name}`);
    await place(`${share}/completions/zsh/_${name}`, `${zsh}/_${name}`);
  }
  for (const page of ["man8/tproxy.8", "man8/tproxy-setup.8", "man5/OpenNebulaNetwork-tproxy.conf.5"]) {
    await place(`${share}/man/${page}`, `/usr/share/man/${page}`);
    await text(["/usr/bin/gzip", "-9n", `${root}/usr/share/man/${page}`]);
  }
  for await (const { name } of Deno.readDir(share)) {
    if (!/\.(?:service|timer)$/.test(name)) continue;
    await place(`${share}/${name}`, `/usr/lib/systemd/system/${name}`);
    // As install.sh writes it for this prefix.
    const unit = `${root}/usr/lib/systemd/system/${name}`;
    await write(unit, (await Deno.readTextFile(unit)).replaceAll("/opt/one-tproxy", PREFIX));
  }
  await makeFolders(`${root}/usr/share/doc/one-tproxy`);
  await write(`${root}/usr/share/doc/one-tproxy/copyright`, copyright);
  for (const [link, to] of Object.entries(LINKS)) {
    await makeFolders(`${root}${link.slice(0, link.lastIndexOf("/"))}`);
    // Deno's own way would need permission for all files.
    await text(["/usr/bin/ln", "-s", to, `${root}${link}`]);
  }
}
