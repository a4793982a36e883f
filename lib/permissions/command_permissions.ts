/**
 * What the programs that run as commands may do. The launchers, the tasks and the documentation take it from here. A
 * further program is a row here, its verbs in `verbs.ts`, and a module in `cmd/`.
 *
 * @module
 */

import { type ControlKind, controlSocket, OUTER_SLOTS } from "../outer_sockets.ts";
import {
  DEFAULT_SYSDUMP,
  DRIVERS_DIR,
  FRONT_END_DIR,
  LOG_DIR,
  NETNS_DIR,
  PROXY_DIR,
  REMOTES_DIR,
  RUN_DIR,
  RUN_FILES,
  SUDOERS_DIR,
  TEXTFILE_DIR,
  textfileIn,
} from "../paths.ts";
import { type ProgramName, PROGRAMS } from "../programs.ts";
import type { Permissions } from "./permissions.ts";
import type { CommandProgram } from "./verbs.ts";

/** What programs read because of the form in which they are there. */
export interface FormReads {
  /** What the daemons are made of. */
  readonly reads: readonly string[];
  /** What tells whether the drivers still call this installation. */
  readonly installed: readonly string[];
  /** The network drivers' folder. */
  readonly drivers: string;
  /** What the probe is made of. */
  readonly probed: readonly string[];
  /** What `integrate` puts in place. */
  readonly share: readonly string[];
  /** What `integrate` keeps. */
  readonly kept: readonly string[];
}

/** The YAML library asks for these two before it parses; they hold nothing. */
const YAML_ENV = ["LOG_STREAM", "LOG_TOKENS"];

/**
 * node:child_process, which can hand a descriptor to a child, asks for this one before every start. It holds nothing.
 */
const START_ENV = "NODE_V8_COVERAGE";

/** A program that needs root finds out first whether root runs it. */
const OWN_USER = ["uid"];

/** What making and removing the kernel's state of bridges takes. */
const setUp = (config: string, env: readonly string[]): Permissions => ({
  net: [],
  read: [config, RUN_DIR, NETNS_DIR],
  write: [RUN_DIR],
  run: paths("ip", "bridge", "nft", "getent"),
  env,
  sys: OWN_USER,
});

/**
 * What starting and ending daemons takes. The logs are one for each bridge, and no bridge is known before nft is read.
 */
const control = (config: string, { reads }: FormReads, env: readonly string[]): Permissions => ({
  net: [],
  // It looks at a log before it opens it.
  read: [config, RUN_DIR, NETNS_DIR, LOG_DIR, ...reads],
  write: [RUN_DIR, LOG_DIR],
  run: paths("bridge", "getent", "ip", "kill", "mount", "nft", "prlimit", "ps", "setpriv"),
  env,
  sys: OWN_USER,
});

/** What the drivers' hook takes besides: it measures how long ago a VM was started, whatever becomes of the clock. */
const withHook = (permissions: Permissions): Permissions => ({ ...permissions, sys: [...OWN_USER, "osUptime"] });

/**
 * What asking outers takes: their sockets, and what else is read. To connect to a socket, Deno wants the permissions
 * net, read and write.
 */
const asking = (kind: ControlKind, ...reads: string[]): Permissions => {
  const sockets = OUTER_SLOTS.map((slot) => controlSocket(kind, slot));
  const net = sockets.map((path) => `unix:${path}`);
  return { net, read: [...sockets, ...reads], write: sockets, run: [], env: [], sys: OWN_USER };
};

/** What looking at everything takes, and starting the probe. */
const examine = (
  config: string,
  { installed, probed }: FormReads,
  apart: readonly ProgramName[] = [],
): Permissions => ({
  net: [],
  read: [config, RUN_DIR, NETNS_DIR, LOG_DIR, ...probed, ...installed],
  write: [],
  // setpriv starts the probe.
  run: paths("bridge", "getent", "ip", "nft", "ps", "setpriv", "sysctl", ...apart),
  env: [...YAML_ENV, START_ENV],
  // It tells how much room is left for the logs.
  sys: [...OWN_USER, "statfs"],
});

const ROWS: Readonly<Record<CommandProgram, (config: string, form: FormReads, file: string) => Permissions>> = {
  // It, deploy and tproxy do not load the YAML library. They may read the configuration only because Deno has no
  // permission to look at its time.
  updown: (config) => setUp(config, []),
  setup: (config) => setUp(config, YAML_ENV),
  // A VM's deploy takes both what setup may and what tproxy may, in one start. Most of what setup may, tproxy may
  // anyway, since it puts back what setup has recorded.
  deploy: (config, form) => withHook(control(config, form, [START_ENV])),
  reread: (config, form) => withHook(control(config, form, [...YAML_ENV, START_ENV])),
  tproxy: (config, form) => control(config, form, [START_ENV]),
  watch: (config, form) => control(config, form, [...YAML_ENV, START_ENV]),
  // The probe's port and namespace.
  doctor: (config, form) => examine(config, form, ["unshare", "nsenter"]),
  sysdump: (config, form, file) => ({ ...examine(config, form), write: [file] }),
  textfile: (_config, _form, file) => {
    const { path, temporary } = textfileIn(file);
    // To rename a file, Deno wants to be allowed to read it.
    return {
      net: [],
      read: [RUN_DIR, NETNS_DIR, temporary],
      write: [path, temporary],
      run: paths("ip", "nft", "ps"),
      env: [],
      sys: OWN_USER,
    };
  },
  streams: () => asking("look", RUN_FILES.vmAddresses),
  // The counts of each bridge's proxy, and no bridge is known before outer's are read.
  top: () => asking("look", PROXY_DIR, RUN_FILES.vmAddresses),
  kill: () => asking("act"),
  trace: () => asking("act", LOG_DIR, RUN_FILES.vmAddresses),
  integrate: (_config, { share, kept, drivers }) => ({
    net: [],
    read: [...share, ...kept, drivers, SUDOERS_DIR, REMOTES_DIR, FRONT_END_DIR, RUN_DIR],
    write: [RUN_DIR],
    // setpriv writes, as a folder's owner, and starts what else is run, which has permissions of its own.
    run: paths("kill", "nft", "ps", "setpriv"),
    env: [],
    sys: OWN_USER,
  }),
  logs: () => ({ net: [], read: [LOG_DIR, RUN_FILES.vmAddresses], write: [], run: [], env: [], sys: OWN_USER }),
  look: (config, { installed }) => ({
    net: [],
    read: [config, RUN_DIR, NETNS_DIR, ...installed],
    write: [],
    run: paths("getent", "ip", "nft", "ps"),
    env: YAML_ENV,
    sys: OWN_USER,
  }),
};

/**
 * What a program may do.
 *
 * @param program The program.
 * @param config The configuration file.
 * @param form What it reads because of the form in which it is there; by default nothing.
 * @param file The file that `sysdump` writes, or the folder in which `textfile` writes.
 * @returns Its permissions.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { commandPermissions } from "@one/tproxy";
 *
 * assert.ok(commandPermissions("setup", "/etc/a.conf").read.includes("/etc/a.conf"));
 * assert.deepEqual(commandPermissions("look", "/etc/a.conf").write, []);
 * ```
 */
export function commandPermissions(
  program: CommandProgram,
  config: string,
  form: FormReads = { reads: [], installed: [], drivers: DRIVERS_DIR, probed: [], share: [], kept: [] },
  file: string = program === "textfile" ? TEXTFILE_DIR : DEFAULT_SYSDUMP,
): Permissions {
  return ROWS[program](config, form, file);
}

function paths(...names: ProgramName[]): string[] {
  return names.map((name) => PROGRAMS[name].path);
}
