/**
 * Making the daemons' files out of a checkout.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { runDeno } from "../run_command.ts";
import { daemonFiles } from "./siblings.ts";

/**
 * Bundles inner and outer into one JavaScript file each. Concurrent runs don't disturb each other, nor a daemon that is
 * being started: a bundle takes its place by a rename.
 *
 * @throws {DaemonError} If a bundle can't be made.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the runtime and `--allow-read` and `--allow-write` for the
 * folder `.build`.
 */
export async function bundleDaemons(): Promise<void> {
  const files = daemonFiles();
  await Promise.all((["inner", "outer"] as const).map(async (entrypoint) => {
    const source = new URL(`../../cmd/${entrypoint}.ts`, import.meta.url).pathname;
    const temporary = `${files[entrypoint]}.${Deno.pid}`;
    const code = await runDeno(["bundle", "--quiet", "--frozen", "--output", temporary, source]);
    if (code !== 0) {
      throw new DaemonError(`Cannot bundle ${source}: deno bundle exited with ${code}`, "see the lines above");
    }
    await Deno.rename(temporary, files[entrypoint]);
  }));
}
