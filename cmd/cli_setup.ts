/**
 * The command line of `setup`.
 *
 * @module
 */

import type { Network } from "../lib/config/select.ts";
import { InputError } from "../lib/errors.ts";
import type { HookAction } from "../lib/setup/hook.ts";
import { Argument, type Command, type Definition, type Done, parse } from "./cli.ts";
import { NOW_OPTION } from "../lib/permissions/verbs.ts";
import { type BridgeName, DEFAULT_CONFIG_PATH, parseBridgeName, UNNAMED_NETWORK } from "../lib/names.ts";

/** What `setup` is asked for. */
export type SetupCommand =
  | {
    /** Set a bridge up. */
    readonly verb: "up";
    /** The bridge. */
    readonly bridge: BridgeName;
    /** The virtual network whose guests are on it; every one that is recorded if it is missing. */
    readonly network?: Network;
    /** The configuration file. */
    readonly config: string;
    /** Whether the proxies follow at once. */
    readonly now: boolean;
  }
  | {
    /** Remove a bridge's proxy, or what one network has of it. */
    readonly verb: "down";
    /** The bridge. */
    readonly bridge: BridgeName;
    /** The network that goes; all of them if it is missing. */
    readonly network?: Network;
    /** The configuration file: how the proxies that stay should run. */
    readonly config: string;
    /** Whether the proxies follow at once. */
    readonly now: boolean;
  }
  | {
    /** Leave all bridges to OpenNebula's own driver. */
    readonly verb: "release";
  }
  | {
    /** Tell what is set up. */
    readonly verb: "list";
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | {
    /** Do what a network driver's hook is for. */
    readonly verb: "hook";
    /** Which hook. */
    readonly action: HookAction;
    /** The configuration file. */
    readonly config: string;
  }
  | Done;

/**
 * Reads the command line of `setup`.
 *
 * @param args The arguments.
 * @returns What it is asked for.
 * @throws {InputError} If the bridge or the network is no name of one.
 */
export function parseSetup(args: readonly string[]): SetupCommand {
  return parse(SETUP, args);
}

/** The program. */
export const SETUP: Definition<SetupCommand> = {
  name: "setup",
  description: "Sets up the kernel's state of one bridge's transparent proxy, or removes it",
  define: defineSetup,
};

/** The description of `--config`. */
const CONFIG = "the configuration";

/** The description of `--now`. */
const NOW = 'have the proxies follow at once, as "tproxy start" does';

function defineSetup(program: Command, done: (command: SetupCommand) => void): void {
  program.command("up").description("make namespace, veth pair, endpoints and ARP rule what the configuration says")
    .option("--bridge <name>", "the Linux bridge that the guests are on")
    .option(
      "--network <name>",
      "the virtual network's name; without it and its ID, all that are recorded on the bridge",
    )
    .option("--network-id <id>", "the virtual network's ID")
    .option("--unnamed-network", "in place of both: a network that has neither, and gets what is for all networks")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option(NOW_OPTION, NOW, false)
    .action(({ bridge, config, now, ...options }, command: Command) =>
      done({ verb: "up", bridge: toBridge(bridge, command), ...toNetwork(options), config, now })
    );
  program.command("down").description("remove all of it; nothing there is fine")
    .option("--bridge <name>", "the bridge, which may be gone already")
    .option("--network <name>", "only what this network has of it")
    .option("--network-id <id>", "only what this network has of it")
    .option("--unnamed-network", "only what the network has of it that has neither name nor ID")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option(NOW_OPTION, NOW, false)
    .action(({ bridge, config, now, ...options }, command: Command) =>
      done({ verb: "down", bridge: toBridge(bridge, command), ...toNetwork(options), config, now })
    );
  program.command("release")
    .description("leave all bridges, with their live guests, to OpenNebula's own driver and its proxies")
    .action(() => done({ verb: "release" }));
  program.command("list").description("print the bridges with their networks and endpoints, and who made them")
    .option("--json", "print it as JSON", false)
    .action(({ json }) => done({ verb: "list", json }));
  program.command("hook")
    .description("what the network drivers' hooks call, with a VM's XML in base64 on standard input")
    .addArgument(
      new Argument("<action>", "set up at pre, remove what no guest needs at clean; the proxies follow at once")
        .choices(["pre", "clean"]),
    )
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .action((action, { config }) => done({ verb: "hook", action, config }));
}

/** Reads `--bridge`. If the library required it, it would say that it is missing where it is only misspelt. */
function toBridge(value: string | undefined, command: Command): BridgeName {
  return parseBridgeName(value ?? command.error("error: the bridge is missing; name it, for example --bridge br0"));
}

/** The options that name the network, as the library hands them over. */
interface NetworkOptions {
  readonly network?: string;
  readonly networkId?: string;
  readonly unnamedNetwork?: boolean;
}

function toNetwork({ network: name, networkId: id, unnamedNetwork = false }: NetworkOptions): { network?: Network } {
  const isNamed = name !== undefined || id !== undefined;
  if (unnamedNetwork && isNamed) {
    throw new InputError("The network has a name or an ID, so it is not unnamed", "leave --unnamed-network out");
  }
  if (unnamedNetwork) return { network: UNNAMED_NETWORK };
  if (!isNamed) return {};
  if (name === "") throw new InputError('"" is not a network name', "use --unnamed-network for one that has none");
  if (id !== undefined && !/^\d{1,10}$/.test(id)) {
    throw new InputError(`${JSON.stringify(id)} is not a network ID`, "use the number that onevnet list shows");
  }
  return {
    network: { ...(name === undefined ? {} : { name }), ...(id === undefined ? {} : { id: String(Number(id)) }) },
  };
}
