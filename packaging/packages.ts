/**
 * The packages that the programs are made of: those that their modules import, and those that these need.
 *
 * @module
 */

import lock from "../deno.lock" with { type: "text" };
import { text } from "./command.ts";

/** A package that is part of a program. */
export interface Package {
  /** Its name, for example `saxes`. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its checksum as the lock file has it: `sha512-` and base64. */
  readonly integrity: string;
  /** Its license as its package.json states it, an SPDX identifier or expression. */
  readonly license: string | undefined;
  /** The keys of the packages that it needs. */
  readonly needs: readonly string[];
  /** The folder in Deno's cache that it is in. */
  readonly folder: string;
}

/** The part of `deno info --json` that counts here. */
interface Info {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly localPath: string;
}

/**
 * Finds the packages that some programs are made of.
 *
 * @param programs The programs' main modules, absolute paths.
 * @returns Each package by its key, for example `yaml@2.9.1`, in the order of the keys.
 * @throws {Error} If `deno info` fails, or the lock file does not have a package.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime and `--allow-read` for Deno's cache.
 */
export async function findPackages(programs: readonly string[]): Promise<Map<string, Package>> {
  const found = new Map<string, Package>();
  for (const program of programs) {
    const info: Info = JSON.parse(await text([Deno.execPath(), "info", "--json", program]));
    // `npmPackages` is the whole lock file, with the packages of tests; a program needs those that its modules lead to.
    const todo = info.modules.flatMap(({ npmPackage }) => npmPackage ?? []);
    for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
      const npm = info.npmPackages[key];
      if (npm === undefined || found.has(key)) continue;
      found.set(key, await readPackage(key, npm));
      todo.push(...npm.dependencies);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a < b ? -1 : 1));
}

async function readPackage(key: string, { name, version, dependencies, localPath }: NpmPackage): Promise<Package> {
  const integrity: unknown = JSON.parse(lock).npm[key]?.integrity;
  if (typeof integrity !== "string") throw new Error(`deno.lock has no checksum of ${key}; run "deno install"`);
  const { license } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`));
  return {
    ...{ name, version, integrity, needs: dependencies, folder: localPath },
    license: typeof license === "string" ? license : undefined,
  };
}
