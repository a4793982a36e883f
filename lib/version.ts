/**
 * The version, from `deno.json`.
 *
 * @module
 */

import settings from "../deno.json" with { type: "json" };

/** The version of all programs, for example `0.1.0`. */
export const VERSION: string = settings.version;
