/**
 * `tproxy metrics --textfile`: metrics in a file that node_exporter's textfile collector reads.
 *
 * @module
 */

import { closeSync, constants, fchmodSync, openSync, writeFileSync } from "node:fs";
import { describe, TproxyError } from "../errors.ts";
import { textfileIn } from "../paths.ts";
import { removeIfThere } from "../run_dir.ts";
import { readMetrics } from "./metrics.ts";

const { O_WRONLY, O_CREAT, O_EXCL } = constants;

/** Anybody may read it, as the collector does, whatever the umask. */
const MODE = 0o644;

/**
 * Writes the metrics into a folder, atomically: the collector finds the old text or the new one. If it fails, the old
 * file stays, and its modification time says how old it is.
 *
 * @param folder The folder. Others than root may be able to write to it, so no link in the place of the file is
 * followed.
 * @throws {TproxyError} If nft, ip or ps fails, or the folder can't be written to.
 * @throws {Deno.errors.NotCapable} Without the permissions of `textfile` in `lib/permissions/command_permissions.ts`.
 */
export async function writeTextfile(folder: string): Promise<void> {
  const text = await readMetrics("prometheus");
  const { path, temporary } = textfileIn(folder);
  try {
    removeIfThere(temporary);
    writeNew(temporary, text);
    await Deno.rename(temporary, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new TproxyError(
      `Cannot write ${path}: ${describe(cause)}`,
      "name with --textfile the folder that node_exporter has as --collector.textfile.directory",
      { cause },
    );
  }
}

function writeNew(path: string, text: string): void {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL, MODE);
  try {
    writeFileSync(fd, text);
    fchmodSync(fd, MODE);
  } finally {
    closeSync(fd);
  }
}
