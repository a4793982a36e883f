/**
 * The command line of `setup up`, `down` and `hook`, read without a library: each VM's start waits for these, and the
 * library takes longer to load than they take. What is not plain is left to the library, which knows how to explain it.
 *
 * @module
 */

import type { Network } from "../lib/config/select.ts";
import { InputError } from "../lib/errors.ts";
import { type BridgeName, parseBridgeName, UNNAMED_NETWORK } from "../lib/names.ts";
import { HOOK_ACTIONS, type HookAction, NOW_OPTION } from "../lib/permissions/verbs.ts";
import { defaultConfig } from "../lib/remotes.ts";

/** What is to be done with one bridge. */
export interface BridgeCommand {
  /** Set it up; or remove its proxy, or what one network has of it. */
  readonly verb: "up" | "down";
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The virtual network whose guests are on it; every one that is recorded if it is missing. */
  readonly network?: Network;
  /** The configuration file. */
  readonly config: string;
  /** Whether the proxies follow at once. */
  readonly now: boolean;
}

/** What a network driver's hook is for. */
export interface HookCommand {
  /** Marks it. */
  readonly verb: "hook";
  /** Which hook. */
  readonly action: HookAction;
  /** The configuration file. */
  readonly config: string;
}

/** The options that have a value. */
const OPTIONS: readonly string[] = ["--bridge", "--network", "--network-id", "--config"];

/** The option for a network that has neither name nor ID. */
const UNNAMED = "--unnamed-network";

/**
 * Reads the command line of `setup up`, `down` or `hook`.
 *
 * @param args The arguments.
 * @returns What is asked for; `undefined` if it is not plain: a mistake, an option twice, or a value that looks like an
 * option.
 * @throws {InputError} If the bridge or the network is no name of one.
 */
export function parsePlainSetup([verb, ...args]: readonly string[]): BridgeCommand | HookCommand | undefined {
  if (verb !== "up" && verb !== "down" && verb !== "hook") return undefined;
  const action = verb === "hook" ? HOOK_ACTIONS.find((name) => name === args[0]) : undefined;
  if (action !== undefined) args.shift();
  const values = readOptions(
    args,
    verb === "hook" ? ["--config"] : OPTIONS,
    verb === "hook" ? [] : [UNNAMED, NOW_OPTION],
  );
  const config = values?.get("--config") ?? defaultConfig();
  if (values === undefined || config === "") return undefined;
  if (verb === "hook") return action === undefined ? undefined : { verb, action, config };
  const [bridge, name, id] = OPTIONS.map((option) => values.get(option));
  if (bridge === undefined) return undefined;
  const network = toNetwork({ name, id, isUnnamed: values.has(UNNAMED) });
  const now = values.has(NOW_OPTION);
  return { verb, bridge: parseBridgeName(bridge), ...(network === undefined ? {} : { network }), config, now };
}

/** Reads options; `undefined` if they are not plain. One without a value gets an empty one. */
function readOptions(
  args: string[],
  valued: readonly string[],
  flags: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const values = new Map<string, string>();
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    const [, option = arg, given] = /^(.*?)=(.*)$/s.exec(arg) ?? [];
    const value = flags.includes(arg) ? "" : valued.includes(option) ? given ?? args.shift() : undefined;
    if (value === undefined || value.startsWith("-") || values.has(option)) return undefined;
    values.set(option, value);
  }
  return values;
}

/** The options that name the network. */
export interface NetworkOptions {
  /** Its name. */
  readonly name?: string | undefined;
  /** Its ID. */
  readonly id?: string | undefined;
  /** Whether it has neither. */
  readonly isUnnamed: boolean;
}

/**
 * Reads which network is meant.
 *
 * @param options The options that name it.
 * @returns The network; `undefined` if none is named.
 * @throws {InputError} If it is named in two ways, or by what is no name or ID.
 */
export function toNetwork({ name, id, isUnnamed }: NetworkOptions): Network | undefined {
  const isNamed = name !== undefined || id !== undefined;
  if (isUnnamed && isNamed) {
    throw new InputError("The network has a name or an ID, so it is not unnamed", "leave --unnamed-network out");
  }
  if (isUnnamed) return UNNAMED_NETWORK;
  if (!isNamed) return undefined;
  if (name === "") throw new InputError('"" is not a network name', "use --unnamed-network for one that has none");
  if (id !== undefined && !/^\d{1,10}$/.test(id)) {
    throw new InputError(`${JSON.stringify(id)} is not a network ID`, "use the number that onevnet list shows");
  }
  return { ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { id: String(Number(id)) }) };
}
