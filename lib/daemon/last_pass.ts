/**
 * When the last pass was completed, and how long it took. `tproxy` writes it, and who looks at a host reads it: a watch that
 * hangs, or whose passes fail, completes none.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { isObject } from "../is_object.ts";
import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { parseJson } from "../parse_json.ts";
import { readIfThere, replaceFile } from "../run_dir.ts";

/** A pass that was completed. */
export interface LastPass {
  /** When it was completed, in milliseconds since 1970. */
  readonly at: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** Whether it was a pass of a watch; else it was one of an operator or a driver. */
  readonly isWatch: boolean;
}

/**
 * Records a pass. The caller has the daemons' lock. If the file can't be written, as on a full disk, that is logged alone:
 * the pass has done its work.
 *
 * @param pass The pass.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function writeLastPass({ at, seconds, isWatch }: LastPass): void {
  try {
    replaceFile(RUN_FILES.completedPass, JSON.stringify({ at, seconds, isWatch }) + "\n", 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.warning("Cannot record when the last pass was", { path: RUN_FILES.completedPass, error: describe(error) });
  }
}

/**
 * Records that a watch has found nothing to do since the last pass. The caller has the daemons' lock.
 *
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function confirmLastPass(): void {
  const last = readLastPass();
  if (last !== undefined) writeLastPass({ ...last, at: Date.now(), isWatch: true });
}

/**
 * Reads which pass was completed last.
 *
 * @returns The pass; `undefined` if there was none since the machine started, or the file is damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readLastPass(): LastPass | undefined {
  return parseLastPass(readIfThere(RUN_FILES.completedPass) ?? "");
}

/**
 * Parses the file of the last pass.
 *
 * @param text The file's text.
 * @returns The pass; `undefined` if the text is damaged.
 */
export function parseLastPass(text: string): LastPass | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { at, seconds, isWatch } = value;
  if (!isAmount(at) || !isAmount(seconds) || typeof isWatch !== "boolean") return undefined;
  return { at, seconds, isWatch };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
