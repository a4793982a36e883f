/**
 * One pass for several runs of `tproxy` that wait for each other. When a hypervisor boots, the drivers of many VMs ask
 * for a reload at once, and one pass that begins after all of them have asked does what each of them needs.
 *
 * Each pass gets a number under the daemons' lock before it looks at anything. Whoever waits for the lock has read the
 * number before: a pass with a larger number began after that. No clock is compared.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { isCount } from "../is_count.ts";
import { isObject } from "../is_object.ts";
import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { parseJson } from "../parse_json.ts";
import { readIfThere, replaceFile } from "../run_dir.ts";

/**
 * The verbs of a pass, and which other verbs each of them does as well. A stop does nothing of what the others are for.
 */
const INCLUDES = {
  start: ["start"],
  reload: ["start", "reload"],
  restart: ["start", "reload", "restart"],
  stop: [],
} as const;

/** What a pass is for. */
export interface PassRequest {
  /** Why it was asked for. */
  readonly verb: keyof typeof INCLUDES;
  /** The configuration file. */
  readonly config: string;
}

/** The pass that began last. */
export interface NumberedPass extends PassRequest {
  /** Its number; each pass has a larger one than the pass before it. */
  readonly number: number;
  /** How many daemons should run since; missing while the pass is under way, and if it failed. */
  readonly wanted?: number;
}

/** What is there before the first pass. */
const NONE: NumberedPass = { number: 0, verb: "stop", config: "" };

/**
 * Reads which pass began last.
 *
 * @returns The pass, with the number 0 if there was none since the machine started; `undefined` if the file is damaged.
 * @throws {Deno.errors.NotCapable} Without `--allow-read=/run/one_tproxy`.
 */
export function readLatestPass(): NumberedPass | undefined {
  const text = readIfThere(RUN_FILES.latestPass);
  return text === undefined ? NONE : parsePass(text);
}

/**
 * Does a pass, unless another run has done it meanwhile. The caller has the daemons' lock.
 *
 * @param request What the pass is for.
 * @param seen The pass that had begun last before the caller waited for the lock.
 * @param work Does the pass, and returns how many daemons should run.
 * @returns How many daemons should run.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export async function shareFinishedPass(
  request: PassRequest,
  seen: NumberedPass | undefined,
  work: () => Promise<number>,
): Promise<number> {
  const latest = readLatestPass();
  if (latest?.wanted !== undefined && isSharedBy(request, seen, latest)) return latest.wanted;
  const own = { number: (latest?.number ?? 0) + 1, verb: request.verb, config: request.config };
  write(own);
  const wanted = await work();
  write({ ...own, wanted });
  return wanted;
}

/**
 * Tells whether a pass has done what is asked for.
 *
 * @param request What is asked for.
 * @param seen The pass that had begun last when it was asked for.
 * @param latest A pass that has ended well.
 * @returns Whether the pass began after that, and was for the same or for more.
 */
export function isSharedBy(request: PassRequest, seen: NumberedPass | undefined, latest: NumberedPass): boolean {
  const included: readonly string[] = INCLUDES[latest.verb];
  // If the file was damaged, nobody knows which pass began later.
  return seen !== undefined && latest.number > seen.number && latest.config === request.config &&
    included.includes(request.verb);
}

/** Writes which pass began last. If it can't, as on a full disk, nobody shares the pass. */
function write(pass: NumberedPass): void {
  try {
    replaceFile(RUN_FILES.latestPass, JSON.stringify(pass) + "\n", 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    log.debug("Cannot record the pass for runs that wait", { path: RUN_FILES.latestPass, error: describe(error) });
  }
}

/**
 * Parses the file of the pass that began last.
 *
 * @param text The file's text.
 * @returns The pass; `undefined` if the text is damaged.
 */
export function parsePass(text: string): NumberedPass | undefined {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { number, verb, config, wanted } = value;
  if (!isCount(number) || !isVerb(verb) || typeof config !== "string") return undefined;
  if (wanted === undefined) return { number, verb, config };
  return isCount(wanted) ? { number, verb, config, wanted } : undefined;
}

function isVerb(value: unknown): value is PassRequest["verb"] {
  return typeof value === "string" && Object.hasOwn(INCLUDES, value);
}
