/**
 * The runtime that goes into a distribution: the one that makes it, or the same version for another machine, of npm.
 *
 * @module
 */

import { TproxyError } from "../lib/errors.ts";
import { type Architecture, X86_64 } from "./architecture.ts";
import { text } from "./command.ts";
import { copy } from "./tree.ts";

/** npm's package with the runtime for aarch64. */
const PACKAGE = "@deno/linux-arm64-glibc";

/** The SHA-256 of its file `deno`, of the version that README.md names: docs/release.md says how to get a new one. */
const SHA256 = "d08d392418df53f4e6e88a08909c0e1bccbf9adcead7232df72b6ad6075ec416";

/**
 * Finds the runtime for a machine. That for aarch64 is fetched into Deno's cache, unless it is there.
 *
 * @param architecture The machine.
 * @returns The runtime's file, not checked yet.
 * @throws {TproxyError} If the runtime for x86_64 is wanted, and this is another one.
 * @throws {Error} If it is not in the cache and can't be fetched.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime.
 */
export async function findRuntime(architecture: Architecture): Promise<string> {
  if (architecture === X86_64) {
    if (Deno.build.target === "x86_64-unknown-linux-gnu") return Deno.execPath();
    throw new TproxyError(`Cannot make a distribution for linux-x86_64 of a runtime for ${Deno.build.target}`);
  }
  // The lock file does not have it, so that nobody gets it who does not need it.
  const key = `${PACKAGE}@${Deno.version.deno}`;
  const info = await text([Deno.execPath(), "info", "--json", "--no-config", "--no-lock", `npm:${key}`]);
  return `${JSON.parse(info).npmPackages[key].localPath}/deno`;
}

/**
 * Copies the runtime for a machine into a distribution.
 *
 * @param architecture The machine.
 * @param to The copy, in a folder that is there.
 * @returns Its SHA-256 in hexadecimal digits.
 * @throws {TproxyError} If that for aarch64 is not the one that it should be.
 */
export async function copyRuntime(architecture: Architecture, to: string): Promise<string> {
  await copy(await findRuntime(architecture), to);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(to))).toHex();
  if (architecture !== X86_64 && sum !== SHA256) {
    throw new TproxyError(`The runtime of npm:${PACKAGE}@${Deno.version.deno} has the SHA-256 ${sum}, not ${SHA256}`);
  }
  return sum;
}
