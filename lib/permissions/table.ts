/**
 * What each entrypoint may do: the one table from which the launcher, the tasks and the documentation take it.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { InputError } from "../errors.ts";
import { type BridgeName, DRIVERS_DIR, GUEST_ADDRESS, LOG_DIR, namesOf, NETNS_DIR, RUN_DIR } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { type ProgramName, PROGRAMS } from "../programs.ts";

/** The programs, in the order in which they come into play. */
export type Entrypoint = "setup" | "tproxy" | "outer" | "inner";

/** The values of Deno's `--allow-…` flags; an empty list is no flag, so no permission. */
export interface Permissions {
  /** Addresses and sockets. */
  readonly net: readonly string[];
  /** Files and folders. */
  readonly read: readonly string[];
  /** Files and folders. */
  readonly write: readonly string[];
  /** Programs, by absolute path. */
  readonly run: readonly string[];
  /** Environment variables. */
  readonly env: readonly string[];
  /** What the system tells of itself and of the process. */
  readonly sys: readonly string[];
}

/** The YAML library asks for these two before it parses; they hold nothing. */
const YAML_ENV = ["LOG_STREAM", "LOG_TOKENS"];

/** Whether it is root that runs a command is found out before anything else. */
const OWN_USER = ["uid"];

/**
 * What an inner proxy may do.
 *
 * @param bridge Its bridge.
 * @returns Listen at the guest-facing address, call outer, read its own ports, write its own log and counts.
 */
export function innerPermissions(bridge: BridgeName): Permissions {
  const { socket } = namesOf(bridge);
  const { log, routesFile, statsFile, usageFiles } = innerOf(bridge);
  return {
    // Deno wants all three for a socket that is called.
    net: [GUEST_ADDRESS, `unix:${socket}`],
    read: [routesFile, socket, ...usageFiles],
    write: [log, socket, statsFile, ...usageFiles],
    run: [],
    env: [],
    sys: [],
  };
}

/**
 * What the outer proxy may do.
 *
 * @param bridges The endpoints of every bridge that it serves.
 * @returns Listen on the bridges' sockets, dial exactly the listed remotes, write its own log and counts.
 */
export function outerPermissions(bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>): Permissions {
  const names = [...bridges.keys()].toSorted().map(namesOf);
  const remotes = new Set([...bridges.values()].flat().map(remoteOf));
  const folders = names.map(({ stringDir }) => stringDir);
  return {
    net: [...names.map(({ nextSocket }) => `unix:${nextSocket}`), ...[...remotes].toSorted()],
    read: [OUTER.routesFile, ...OUTER.usageFiles, ...folders],
    write: [OUTER.log, OUTER.statsFile, ...OUTER.usageFiles, ...folders],
    run: [],
    env: [],
    sys: [],
  };
}

/**
 * What `setup` may do.
 *
 * @param config The configuration file.
 * @returns Read the configuration, keep its lock, run the programs that change links, namespaces and nft.
 */
export function setupPermissions(config: string): Permissions {
  return {
    net: [],
    read: [config, RUN_DIR, NETNS_DIR],
    write: [RUN_DIR],
    run: paths("ip", "bridge", "nft", "getent"),
    env: YAML_ENV,
    sys: OWN_USER,
  };
}

/** The files that make up a daemon in a checkout and in a distribution: handed to it open, so its user needs no way to them. */
export interface Scripts {
  /** The Deno runtime. */
  readonly runtime: string;
  /** The inner proxy, one JavaScript file. */
  readonly inner: string;
  /** The outer proxy, one JavaScript file. */
  readonly outer: string;
  /** Where `install.sh` would keep which of the drivers' files it has replaced, if it has installed this distribution. */
  readonly mode?: string;
}

/** The daemons as programs by themselves, whose permissions are part of them. */
export interface Binaries {
  /** There is none but what is in each of them. */
  readonly runtime?: undefined;
  /** The inner proxy. */
  readonly inner: string;
  /** The outer proxy. */
  readonly outer: string;
}

/** What the daemons are made of. */
export type DaemonFiles = Scripts | Binaries;

/**
 * What `tproxy` may do.
 *
 * @param config The configuration file.
 * @param files The daemons' files.
 * @returns Read the configuration and nft, keep the route files and the logs, start and signal daemons.
 */
export function tproxyPermissions(config: string, files: DaemonFiles): Permissions {
  return {
    net: [],
    read: [
      // Its logs are looked at before they are opened.
      ...[config, RUN_DIR, NETNS_DIR, LOG_DIR],
      ...(files.runtime === undefined ? [] : [files.runtime, files.inner, files.outer]),
      ...(files.runtime === undefined || files.mode === undefined ? [] : [files.mode, DRIVERS_DIR]),
    ],
    // The logs are one for each bridge, and no bridge is known before nft is read.
    write: [RUN_DIR, LOG_DIR],
    run: paths("bridge", "getent", "ip", "kill", "mount", "nft", "prlimit", "ps", "setpriv"),
    // node:child_process, which can hand a descriptor to a child, asks for this one before every start.
    env: [...YAML_ENV, "NODE_V8_COVERAGE"],
    sys: OWN_USER,
  };
}

function paths(...names: ProgramName[]): string[] {
  return names.map((name) => PROGRAMS[name].path);
}

/**
 * Renders permissions as Deno's flags.
 *
 * @param permissions The permissions.
 * @returns One flag for each kind of which anything is allowed, the one that turns questions into refusals, and the one
 * that refuses remote code.
 * @throws {InputError} If a value holds a comma, which the flags can't express.
 */
export function toFlags(permissions: Permissions): string[] {
  // Without the second, a program may import code from half a dozen public hosts, whatever its net permission says.
  const flags = ["--no-prompt", "--no-remote"];
  for (const kind of ["net", "read", "write", "run", "env", "sys"] as const) {
    const values = permissions[kind];
    const bad = values.find((value) => value.includes(","));
    if (bad !== undefined) throw new InputError(`${bad} holds a comma`, "use a path without one");
    if (values.length > 0) flags.push(`--allow-${kind}=${values.join(",")}`);
  }
  return flags;
}
