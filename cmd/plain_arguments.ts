/**
 * The command line of `start`, `stop`, `restart` and `reload`, read without a library: each VM's start waits for these,
 * and the library takes longer to load than they take.
 *
 * @module
 */

import type { Verb } from "../lib/daemon/reconcile.ts";
import { defaultConfig } from "../lib/remotes.ts";

/** The verbs, and what `--help` says of each. */
export const VERBS: Readonly<Record<Verb, string>> = {
  start: "start what is missing, stop what is not wanted; does nothing if all is well",
  stop: "stop all proxies until the next start, restart or reload",
  restart: "replace every proxy by a new one; live streams go on",
  reload: "like start, and have every proxy read its routes and reopen its log",
};

/** A change of what runs. */
export interface ControlCommand {
  /** Which change. */
  readonly verb: Verb;
  /** The configuration file: what is served is in nft, and the user, the limits and the debug level are in here. */
  readonly config: string;
}

/** What is wrong with a command line: what to print of it, lines. */
export interface Mistake {
  /** Marks it. */
  readonly verb: "mistake";
  /** The mistake, and usage. */
  readonly text: string;
}

/**
 * Reads the command line of one of these verbs.
 *
 * @param args The arguments: a verb, and `--config FILE` or `--config=FILE`. Of several files the last one counts.
 * @returns What is asked for, or what is wrong with it.
 */
export function parseControl([verb = "", ...options]: readonly string[]): ControlCommand | Mistake {
  if (!isVerb(verb)) return mistake(`unknown command '${verb}'`, Object.keys(VERBS).join("|"));
  let config = defaultConfig();
  for (let option = options.shift(); option !== undefined; option = options.shift()) {
    const isConfig = option === "--config" || option.startsWith("--config=");
    if (!isConfig) return mistake(option.startsWith("-") ? `unknown option '${option}'` : "too many arguments", verb);
    config = (option === "--config" ? options.shift() : option.slice("--config=".length)) ?? "";
    if (config === "") return mistake("--config needs a file", verb);
  }
  return { verb, config };
}

function isVerb(verb: string): verb is Verb {
  return Object.hasOwn(VERBS, verb);
}

function mistake(what: string, verb: string): Mistake {
  return { verb: "mistake", text: `error: ${what}\n\nUsage: tproxy ${verb} [--config <file>]` };
}
