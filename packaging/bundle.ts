/**
 * Bundling modules into the files of a distribution and of a checkout's daemons.
 *
 * @module
 */

import type { Entrypoint } from "../lib/permissions/verbs.ts";
import { DaemonError } from "../lib/errors.ts";
import { runDeno } from "./command.ts";
import { checkout } from "../lib/permissions/checkout.ts";

/** What `tproxy` and `tproxy doctor` start. */
const STARTED = ["inner", "outer", "probe"] as const;

/**
 * Bundles a checkout's inner, outer and probe. Concurrent runs wait for each other. A bundle takes its place by a
 * rename, so that a daemon that is just being started finds it whole.
 *
 * @throws {DaemonError} If a bundle can't be made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime and `--allow-read` and `--allow-write` for the
 * folder `.build`.
 */
export async function bundleDaemons(): Promise<void> {
  const files = checkout();
  const folder = files.inner.slice(0, files.inner.lastIndexOf("/"));
  await Deno.mkdir(folder, { recursive: true });
  // If two runs fetched esbuild into the runtime's empty cache at once, one of them would fail.
  using lock = await Deno.open(`${folder}/bundle.lock`, { create: true, write: true });
  await lock.lock(true);
  const work = `${folder}/bundle`;
  await bundle(STARTED, work);
  for (const entrypoint of STARTED) {
    await Deno.rename(`${work}/${entrypoint}.js`, files[entrypoint]);
  }
}

/**
 * Bundles entrypoints, each into one JavaScript file that needs nothing but the runtime.
 *
 * @param entrypoints The entrypoints. One run bundles them all, since two would race for the runtime's cache.
 * @param folder Where the files go, each named after its entrypoint: `inner.js`.
 * @throws {DaemonError} If a bundle can't be made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime.
 */
export async function bundle(entrypoints: readonly Entrypoint[], folder: string): Promise<void> {
  const sources = entrypoints.map((entrypoint) =>
    decodeURIComponent(new URL(`../cmd/${entrypoint}.ts`, import.meta.url).pathname)
  );
  const code = await runDeno(["bundle", "--quiet", "--frozen", "--outdir", folder, ...sources]);
  if (code !== 0) {
    throw new DaemonError(
      `Cannot bundle ${entrypoints.join(", ")}: deno bundle exited with ${code}`,
      "see the lines above",
    );
  }
}
