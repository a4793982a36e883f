/**
 * Making the files of a distribution, and of a checkout's daemons, out of modules.
 *
 * @module
 */

import type { Entrypoint } from "../cli.ts";
import { DaemonError } from "../errors.ts";
import { runDeno } from "../run_command.ts";
import { scripts } from "./siblings.ts";

/**
 * Bundles a checkout's inner and outer. Concurrent runs don't disturb each other, nor a daemon that is being started: a
 * bundle takes its place by a rename.
 *
 * @throws {DaemonError} If a bundle can't be made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime and `--allow-read` and `--allow-write` for the
 * folder `.build`.
 */
export async function bundleDaemons(): Promise<void> {
  const files = scripts();
  await Promise.all((["inner", "outer"] as const).map(async (entrypoint) => {
    const temporary = `${files[entrypoint]}.${Deno.pid}`;
    await bundle(entrypoint, temporary);
    await Deno.rename(temporary, files[entrypoint]);
  }));
}

/**
 * Bundles an entrypoint into one JavaScript file that needs nothing but the runtime.
 *
 * @param entrypoint The entrypoint.
 * @param path The file.
 * @throws {DaemonError} If the bundle can't be made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime.
 */
export async function bundle(entrypoint: Entrypoint, path: string): Promise<void> {
  const source = decodeURIComponent(new URL(`../../cmd/${entrypoint}.ts`, import.meta.url).pathname);
  const code = await runDeno(["bundle", "--quiet", "--frozen", "--output", path, source]);
  if (code !== 0) {
    throw new DaemonError(`Cannot bundle ${source}: deno bundle exited with ${code}`, "see the lines above");
  }
}
