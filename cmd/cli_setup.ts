/**
 * The command line of `setup`.
 *
 * @module
 */

import { Argument, type Command, type Definition, type Done, parse } from "./cli.ts";
import { type BridgeCommand, type HookCommand, toNetwork } from "./plain_setup.ts";
import { HOOK_ACTIONS, NOW_OPTION } from "../lib/permissions/verbs.ts";
import { type BridgeName, parseBridgeName } from "../lib/names.ts";
import { defaultConfig } from "../lib/remotes.ts";

/** What `setup` is asked for. */
export type SetupCommand =
  | BridgeCommand
  | HookCommand
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
  name: "tproxy-setup",
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
    .option("--config <file>", CONFIG, defaultConfig())
    .option(NOW_OPTION, NOW, false)
    .action(({ bridge, config, now, ...options }, command: Command) =>
      done({ verb: "up", bridge: toBridge(bridge, command), ...networkOf(options), config, now })
    );
  program.command("down").description("remove all of it; nothing there is fine")
    .option("--bridge <name>", "the bridge, which may be gone already")
    .option("--network <name>", "only what this network has of it")
    .option("--network-id <id>", "only what this network has of it")
    .option("--unnamed-network", "only what the network has of it that has neither name nor ID")
    .option("--config <file>", CONFIG, defaultConfig())
    .option(NOW_OPTION, NOW, false)
    .action(({ bridge, config, now, ...options }, command: Command) =>
      done({ verb: "down", bridge: toBridge(bridge, command), ...networkOf(options), config, now })
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
        .choices(HOOK_ACTIONS),
    )
    .option("--config <file>", CONFIG, defaultConfig())
    .action((action, { config }) => done({ verb: "hook", action, config }));
}

/** Reads `--bridge`. If the library required it, it would say that it is missing where it is only misspelt. */
function toBridge(value: string | undefined, command: Command): BridgeName {
  return parseBridgeName(value ?? command.error("error: the bridge is missing; name it, for example --bridge br0"));
}

/** Reads the options that name the network, as the library hands them over. */
function networkOf(
  { network: name, networkId: id, unnamedNetwork: isUnnamed = false }: {
    readonly network?: string;
    readonly networkId?: string;
    readonly unnamedNetwork?: boolean;
  },
): Pick<BridgeCommand, "network"> {
  const network = toNetwork({ name, id, isUnnamed });
  return network === undefined ? {} : { network };
}
