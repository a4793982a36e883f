/**
 * `deno task dist`: makes a folder and an archive of all that runs on a hypervisor, in `.build/dist/`.
 *
 * @module
 */

import { relative } from "node:path";
import settings from "../deno.json" with { type: "json" };
import { ENTRYPOINTS } from "./binaries.ts";
import { bundle } from "./bundle.ts";
import { TproxyError } from "../lib/errors.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { findPackages, type Package } from "./packages.ts";
import { renderLauncher } from "./launcher_script.ts";
import { writeManual } from "./manual/manual.ts";
import { renderSbom } from "./sbom.ts";
import { copy, makeFolder, pack, sumsOf, write } from "./tree.ts";
import { ROOT, withWorkFolder } from "./work_folder.ts";

const NAME = `one-tproxy-${settings.version}-linux-x86_64`;

/** Files of a checkout that are copied into a distribution. */
const COPIES = ["LICENSE", "README.md", "CHANGELOG.md", "docs"];

async function main(): Promise<number> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new TproxyError(`Cannot make a distribution for linux-x86_64 of a runtime for ${Deno.build.target}`);
  }
  await withWorkFolder("dist", async (work) => {
    await makeFolder(`${work}/${NAME}`);
    await fill(`${work}/${NAME}`);
    await pack(work, NAME, `${work}/${NAME}.tar.gz`);
  });
  console.log(`.build/dist/${NAME}.tar.gz`);
  return OK;
}

async function fill(tree: string): Promise<void> {
  for (const folder of ["bin", "lib"]) await makeFolder(`${tree}/${folder}`);
  await copy(Deno.execPath(), `${tree}/lib/deno`);
  const packages = await findPackages(ENTRYPOINTS.map((entrypoint) => `${ROOT}cmd/${entrypoint}.ts`));
  await bundle(ENTRYPOINTS, `${tree}/lib`);
  for (const entrypoint of ENTRYPOINTS) {
    const path = `${tree}/lib/${entrypoint}.js`;
    await write(path, withoutPaths(await Deno.readTextFile(path), packages));
  }
  await write(`${tree}/bin/tproxy`, renderLauncher("tproxy"), 0o755);
  await write(`${tree}/bin/tproxy-setup`, renderLauncher("setup"), 0o755);
  for (const name of COPIES) await copy(`${ROOT}${name}`, `${tree}/${name}`);
  // The installer and what it installs.
  for (const name of ["install.sh", "share"]) await copy(`${ROOT}packaging/${name}`, `${tree}/${name}`);
  await writeManual(`${tree}/share`);
  await copyLicenses(`${tree}/licenses`, packages);
  await describe(tree, packages);
}

/** Copies the licenses of packages, which have to go with every copy. Not every package has its license in a file. */
async function copyLicenses(folder: string, packages: ReadonlyMap<string, Package>): Promise<void> {
  await makeFolder(folder);
  for (const [key, { folder: source }] of packages) {
    const to = `${folder}/${key.replace(/^@/, "").replaceAll(/[@/]/g, "-")}.txt`;
    for await (const { name } of Deno.readDir(source)) {
      if (/^licen[cs]e/i.test(name)) await copy(`${source}/${name}`, to);
    }
  }
}

/** Replaces paths of this machine in a bundle's comments by the names of packages. */
function withoutPaths(code: string, packages: ReadonlyMap<string, Package>): string {
  const paths = [...packages].map(([key, { folder }]) => [`${relative(ROOT, folder)}/`, `npm:${key}/`] as const);
  return paths.reduce((text, [path, key]) => text.replaceAll(path, key), code);
}

/** Writes the bill of materials, and at last the checksums of all files. */
async function describe(tree: string, packages: ReadonlyMap<string, Package>): Promise<void> {
  const { version, license, imports } = settings;
  const sha256 = (await sumsOf(`${tree}/lib`)).get("deno") ?? "";
  const runtime = { version: Deno.version.deno, sha256 };
  const parts = { name: "one-tproxy", version, license, runtime, imports: Object.keys(imports), packages };
  await write(`${tree}/sbom.json`, renderSbom(parts));
  const sums = await sumsOf(tree);
  await write(`${tree}/SHA256SUMS`, [...sums].map(([path, sum]) => `${sum}  ${path}\n`).join(""));
}

Deno.exit(await exitCodeOf("dist", main));
