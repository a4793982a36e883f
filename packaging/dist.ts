/**
 * `deno task dist`: makes a folder and an archive of all that runs on a hypervisor, in `.build/dist/`;
 * `deno task dist:aarch64`: the same for aarch64, in `.build/dist-aarch64/`.
 *
 * @module
 */

import { relative } from "node:path";
import settings from "../deno.json" with { type: "json" };
import { type Architecture, architectureOf, distributionOf } from "./architecture.ts";
import { ENTRYPOINTS } from "./binaries.ts";
import { bundle } from "./bundle.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { findPackages, type Package } from "./packages.ts";
import { renderLauncher } from "./launcher_script.ts";
import { writeManual } from "./manual/manual.ts";
import { copyRuntime } from "./runtime.ts";
import { renderSbom } from "./sbom.ts";
import { copy, makeFolder, pack, sumsOf, write } from "./tree.ts";
import { ROOT, withWorkFolder } from "./work_folder.ts";

/** Files of a checkout that are copied into a distribution. */
const COPIES = ["LICENSE", "README.md", "CHANGELOG.md", "docs"];

async function main(): Promise<number> {
  const architecture = architectureOf(Deno.args);
  const name = distributionOf(settings.version, architecture);
  const folder = `dist${architecture.suffix}`;
  await withWorkFolder(folder, async (work) => {
    await makeFolder(`${work}/${name}`);
    await fill(`${work}/${name}`, architecture);
    await pack(work, name, `${work}/${name}.tar.gz`);
  });
  console.log(`.build/${folder}/${name}.tar.gz`);
  return OK;
}

async function fill(tree: string, architecture: Architecture): Promise<void> {
  for (const folder of ["bin", "lib"]) await makeFolder(`${tree}/${folder}`);
  const sha256 = await copyRuntime(architecture, `${tree}/lib/deno`);
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
  await describe(tree, sha256, packages);
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
async function describe(tree: string, sha256: string, packages: ReadonlyMap<string, Package>): Promise<void> {
  const { version, license, imports } = settings;
  const runtime = { version: Deno.version.deno, sha256 };
  const parts = { name: "one-tproxy", version, license, runtime, imports: Object.keys(imports), packages };
  await write(`${tree}/sbom.json`, renderSbom(parts));
  const sums = await sumsOf(tree);
  await write(`${tree}/SHA256SUMS`, [...sums].map(([path, sum]) => `${sum}  ${path}\n`).join(""));
}

Deno.exit(await exitCodeOf("dist", main));
