/**
 * The command lines of `setup` and `tproxy`: what they are asked for.
 *
 * @module
 */

import { Argument, type Command, type Done, Option, parse } from "./commander.ts";
import { InputError } from "./errors.ts";
import { type BridgeName, DEFAULT_CONFIG_PATH, parseBridgeName, UNNAMED_NETWORK } from "./names.ts";

/** A virtual network, by its name, its ID or both. */
export interface Network {
  /** Its name. */
  readonly name?: string;
  /** Its ID, digits. */
  readonly id?: string;
}

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
  }
  | {
    /** Remove a bridge's proxy, or what one network has of it. */
    readonly verb: "down";
    /** The bridge. */
    readonly bridge: BridgeName;
    /** The network that goes; all of them if it is missing. */
    readonly network?: Network;
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

/** The network drivers' actions that have hooks, in the order of a VM's life. */
export type HookAction = "pre" | "post" | "clean";

/** The verbs of `tproxy` that change what runs. */
export type Verb = "start" | "stop" | "restart" | "reload";

/** The programs, in the order in which they come into play. */
export type Entrypoint = "setup" | "tproxy" | "outer" | "inner";

/** What `tproxy` is asked for. */
export type TproxyCommand =
  | {
    /** Change what runs, or see to it that it stays so. */
    readonly verb: Verb | "watch";
    /** The configuration file: what is served is in nft, and the user, the limits and the debug level are in here. */
    readonly config: string;
  }
  | {
    /** Tell what runs. */
    readonly verb: "status";
    /** Two words a line, as the user document has it; a table; or all that is known, for a script. */
    readonly form: "plain" | "wide" | "json";
  }
  | {
    /** Check the configuration. */
    readonly verb: "check";
    /** The configuration file. */
    readonly config: string;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | {
    /** Tell what each program may do, or whether those that run may do just that. */
    readonly verb: "permissions";
    /** The one program it is about; all of them if it is missing. */
    readonly entrypoint?: Entrypoint;
    /** Whether it is about the daemons that run. */
    readonly running: boolean;
    /** The configuration file. */
    readonly config: string;
    /** Whether the answer is for a script. */
    readonly json: boolean;
  }
  | Done;

/**
 * Reads the command line of `setup`.
 *
 * @param args The arguments.
 * @returns What it is asked for.
 * @throws {InputError} If the bridge or the network is missing or is no name of one.
 */
export function parseSetup(args: readonly string[]): SetupCommand {
  return parse({
    name: "setup",
    description: "Sets up the kernel's state of one bridge's transparent proxy, or removes it",
    define: defineSetup,
  }, args);
}

/** What `--config` is. */
const CONFIG = "the configuration";

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
    .action(({ bridge, config, ...options }, command: Command) =>
      done({ verb: "up", bridge: toBridge(bridge, command), ...toNetwork(options), config })
    );
  program.command("down").description("remove all of it; nothing there is fine")
    .option("--bridge <name>", "the bridge, which may be gone already")
    .option("--network <name>", "only what this network has of it")
    .option("--network-id <id>", "only what this network has of it")
    .option("--unnamed-network", "only what the network has of it that has neither name nor ID")
    .action(({ bridge, ...options }, command: Command) =>
      done({ verb: "down", bridge: toBridge(bridge, command), ...toNetwork(options) })
    );
  program.command("list").description("print the bridges with their networks and endpoints, and who made them")
    .option("--json", "print it as JSON", false)
    .action(({ json }) => done({ verb: "list", json }));
  program.command("hook")
    .description("what the network drivers' hooks call, with a VM's XML in base64 on standard input")
    .addArgument(
      new Argument("<action>", "set up at pre; remove what no guest needs at clean; do and read nothing at post")
        .choices(["pre", "post", "clean"]),
    )
    .argument("[args...]", "what the driver says besides; nothing is made of it")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .action((action, _args, { config }) => done({ verb: "hook", action, config }));
}

/**
 * Reads the command line of `tproxy`.
 *
 * @param args The arguments.
 * @returns What it is asked for.
 */
export function parseTproxy(args: readonly string[]): TproxyCommand {
  return parse({ name: "tproxy", description: "Controls the proxies of this hypervisor", define: defineTproxy }, args);
}

const VERBS: Readonly<Record<Verb | "watch", string>> = {
  start: "start what is missing, stop what is not wanted; does nothing if all is well",
  stop: "stop all proxies until the next start, restart or reload",
  restart: "replace every proxy by a new one; live streams go on",
  reload: "like start, and have every proxy read its routes and reopen its log",
  watch: "stay, and keep all proxies and bridges as they should be; the proxies go on when it ends",
};

function defineTproxy(program: Command, done: (command: TproxyCommand) => void): void {
  for (const [verb, description] of Object.entries(VERBS)) {
    program.command(verb).description(description)
      .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
      .action(({ config }) => done({ verb: verb as keyof typeof VERBS, config }));
  }
  program.command("status").description("print the process ID of every proxy that runs")
    .addOption(new Option("--wide", "print a table, with those that only finish their streams").conflicts("json"))
    .option("--json", "print all that is known of each, as JSON")
    .action(({ wide, json }) => done({ verb: "status", form: wide ? "wide" : json ? "json" : "plain" }));
  program.command("check").description("print what is configured, for whom, and what is wrong with it")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option("--json", "print it as JSON")
    .action(({ config, json = false }) => done({ verb: "check", config, json }));
  program.command("permissions").description("print the user and the permission flags of each program")
    .addArgument(
      new Argument("[entrypoint]", "the only one to be printed").choices(["setup", "tproxy", "outer", "inner"]),
    )
    .option("--running", "compare every proxy that runs with what it should be")
    .option("--config <file>", CONFIG, DEFAULT_CONFIG_PATH)
    .option("--json", "print it as JSON")
    .action((entrypoint: Entrypoint | undefined, { running = false, json = false, config }, command: Command) => {
      if (running && (entrypoint === "setup" || entrypoint === "tproxy")) {
        command.error(`error: ${entrypoint} is no proxy; name "outer" or "inner" with --running`);
      }
      done({ verb: "permissions", ...(entrypoint === undefined ? {} : { entrypoint }), running, json, config });
    });
}

/** WHY not an option that the library requires: it would say so of one that is misspelt, too. */
function toBridge(value: string | undefined, command: Command): BridgeName {
  return parseBridgeName(value ?? command.error("error: the bridge is missing; name it, for example --bridge br0"));
}

/** The options that say which network it is, as the library hands them over. */
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
