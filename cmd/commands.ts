/**
 * What `setup` and `tproxy` can be asked for.
 *
 * @module
 */

import type { Done } from "./cli.ts";
import type { BridgeName } from "../lib/names.ts";

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
