/**
 * Building in a folder of its own, which takes its place when all is built.
 *
 * @module
 */

/** The checkout, with "/" at the end. */
export const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/**
 * Builds something.
 *
 * @param name Its folder in `.build`, which is replaced in the end.
 * @param build Builds it in a new folder, whose path it is given. The current folder is the checkout.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` for the checkout and `--allow-write` for its `.build`.
 */
export async function withWorkFolder(name: string, build: (work: string) => Promise<void>): Promise<void> {
  // The bundler writes paths relative to the current folder into its comments.
  Deno.chdir(ROOT);
  const place = `${ROOT}.build/${name}`;
  const work = `${place}.${Deno.pid}`;
  await Deno.mkdir(work, { recursive: true });
  try {
    await Deno.chmod(work, 0o755);
    // A failed build must leave no old files in this place.
    await removeIfThere(place);
    await build(work);
    await Deno.rename(work, place);
  } finally {
    await removeIfThere(work);
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
