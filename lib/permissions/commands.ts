/**
 * The programs that run as commands: what each may do, and which verbs it carries out. The launchers, the tasks and the
 * documentation take it from here. A further program is a row here, a module in `cmd/`, and its verbs.
 *
 * @module
 */

import { CONTROL_SLOTS, type ControlKind, controlSocket } from "../control_sockets.ts";
import { DEFAULT_SYSDUMP, LOG_DIR, NETNS_DIR, RUN_DIR, TEXTFILE_DIR, textfileIn } from "../names.ts";
import { type ProgramName, PROGRAMS } from "../programs.ts";
import type { Permissions } from "./table.ts";

/** What an operator or a driver types. */
export type CommandName = "tproxy" | "setup";

/** A program that runs as a command: `cmd/<name>.ts`, or `lib/<name>.js` of a distribution. */
export type CommandProgram =
  | "setup"
  | "tproxy"
  | "watch"
  | "doctor"
  | "sysdump"
  | "streams"
  | "kill"
  | "logs"
  | "trace"
  | "textfile"
  | "look";

/** What programs read because of the form in which they are there. */
export interface FormReads {
  /** What the daemons are made of. */
  readonly reads: readonly string[];
  /** What tells whether the drivers still call this installation. */
  readonly installed: readonly string[];
  /** What the probe is made of. */
  readonly probed: readonly string[];
}

/** The YAML library asks for these two before it parses; they hold nothing. */
const YAML_ENV = ["LOG_STREAM", "LOG_TOKENS"];

/** node:child_process, which can hand a descriptor to a child, asks for this one before every start. It holds nothing. */
const START_ENV = "NODE_V8_COVERAGE";

/** A program that needs root finds out first whether root runs it. */
const OWN_USER = ["uid"];

/** What starting and ending daemons takes. The logs are one for each bridge, and no bridge is known before nft is read. */
const control = (config: string, { reads }: FormReads, env: readonly string[]): Permissions => ({
  net: [],
  // It looks at a log before it opens it.
  read: [config, RUN_DIR, NETNS_DIR, LOG_DIR, ...reads],
  write: [RUN_DIR, LOG_DIR],
  run: paths("bridge", "getent", "ip", "kill", "mount", "nft", "prlimit", "ps", "setpriv"),
  env,
  sys: OWN_USER,
});

/** What asking outers takes: nothing but their sockets. To connect to one, Deno wants the permissions net, read and write. */
const asking = (kind: ControlKind): Permissions => {
  const sockets = CONTROL_SLOTS.map((slot) => controlSocket(kind, slot));
  return { net: sockets.map((path) => `unix:${path}`), read: sockets, write: sockets, run: [], env: [], sys: OWN_USER };
};

/** What looking at everything takes, and starting the probe. */
const examine = (config: string, { installed, probed }: FormReads): Permissions => ({
  net: [],
  read: [config, RUN_DIR, NETNS_DIR, LOG_DIR, ...probed, ...installed],
  write: [],
  // setpriv starts the probe.
  run: paths("bridge", "getent", "ip", "nft", "ps", "setpriv"),
  env: [...YAML_ENV, START_ENV],
  // It tells how much room is left for the logs.
  sys: [...OWN_USER, "statfs"],
});

const ROWS: Readonly<Record<CommandProgram, (config: string, form: FormReads, file: string) => Permissions>> = {
  setup: (config) => ({
    net: [],
    read: [config, RUN_DIR, NETNS_DIR],
    write: [RUN_DIR],
    run: paths("ip", "bridge", "nft", "getent"),
    env: YAML_ENV,
    sys: OWN_USER,
  }),
  // It does not load the YAML library. It may read the configuration only because Deno has no permission to look at its time.
  tproxy: (config, form) => control(config, form, [START_ENV]),
  watch: (config, form) => control(config, form, [...YAML_ENV, START_ENV]),
  doctor: examine,
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
  streams: () => asking("look"),
  kill: () => asking("act"),
  trace: () => {
    const { read, ...rest } = asking("act");
    return { ...rest, read: [...read, LOG_DIR] };
  },
  logs: () => ({ net: [], read: [LOG_DIR], write: [], run: [], env: [], sys: OWN_USER }),
  look: (config, { installed }) => ({
    net: [],
    read: [config, RUN_DIR, NETNS_DIR, ...installed],
    write: [],
    run: paths("bridge", "getent", "ip", "nft", "ps"),
    env: YAML_ENV,
    sys: OWN_USER,
  }),
};

/** The programs that run as commands. */
export const COMMAND_PROGRAMS: readonly CommandProgram[] = [
  "setup",
  "tproxy",
  "watch",
  "doctor",
  "sysdump",
  "streams",
  "kill",
  "logs",
  "trace",
  "textfile",
  "look",
];

/** The option that names a folder for metrics. A launcher gives its program the permission to write there. */
export const TEXTFILE_OPTION = "--textfile";

/** Which program carries out a verb of a command. */
export const VERBS: Readonly<Record<CommandName, Readonly<Record<string, CommandProgram>>>> = {
  tproxy: {
    start: "tproxy",
    stop: "tproxy",
    restart: "tproxy",
    reload: "tproxy",
    watch: "watch",
    apply: "watch",
    doctor: "doctor",
    sysdump: "sysdump",
    status: "look",
    check: "look",
    permissions: "look",
    streams: "streams",
    kill: "kill",
    logs: "logs",
    trace: "trace",
    metrics: "look",
  },
  setup: {},
};

/** The options with which another program carries out a verb. */
export const OPTIONS: Readonly<Record<string, Readonly<Record<string, CommandProgram>>>> = {
  metrics: { [TEXTFILE_OPTION]: "textfile" },
};

/** The program for whatever is no verb: it prints the version, help and usage. */
export const OTHERWISE: Readonly<Record<CommandName, CommandProgram>> = { tproxy: "look", setup: "setup" };

/** Which program a launcher runs when one has exited with ASK_ANOTHER of `lib/exit_code.ts`: it takes longer to load, and knows more. */
export const FALLBACKS: Readonly<Partial<Record<CommandProgram, CommandProgram>>> = { tproxy: "watch" };

/** The options that print help, whatever the verb. The launchers know no others. */
export const HELP_OPTIONS: readonly string[] = ["--help", "-h"];

/**
 * Lists the programs that a command chooses from.
 *
 * @param command The command.
 * @returns The programs, the one for whatever is no verb last.
 */
export function programsOf(command: CommandName): CommandProgram[] {
  const otherwise = OTHERWISE[command];
  const ofOptions = Object.keys(VERBS[command]).flatMap((verb) => Object.values(OPTIONS[verb] ?? {}));
  const all = new Set([...Object.values(VERBS[command]), ...ofOptions]);
  return [...all.difference(new Set([otherwise])), otherwise];
}

/**
 * Tells which program carries out a command line.
 *
 * @param command What was typed.
 * @param args Its arguments.
 * @returns The program.
 */
export function programOf(command: CommandName, args: readonly string[]): CommandProgram {
  const [verb = ""] = args;
  const ofVerb = Object.entries(VERBS[command]).find(([name]) => name === verb)?.[1];
  if (ofVerb === undefined || args.some((arg) => HELP_OPTIONS.includes(arg))) return OTHERWISE[command];
  const isGiven = (option: string) => args.some((arg) => arg === option || arg.startsWith(`${option}=`));
  const ofOption = Object.hasOwn(OPTIONS, verb) ? Object.entries(OPTIONS[verb] ?? {}) : [];
  return ofOption.find(([option]) => isGiven(option))?.[1] ?? ofVerb;
}

/**
 * What a program may do.
 *
 * @param program The program.
 * @param config The configuration file.
 * @param form What it reads because of the form in which it is there; by default nothing.
 * @param file The file that `sysdump` writes, or the folder in which `textfile` writes.
 * @returns For `setup`: keep the kernel's state of bridges. For `tproxy` and `watch`: that, and start and signal daemons.
 * For `look`: read and list, and write nothing. For `doctor`: that, and start the probe. For
 * `sysdump`: that, and write one file. For `streams` and `kill`: ask outers. For `logs`: read the logs. For `trace`: both.
 * `sysdump`: that, and write one file. For `streams` and `kill`: ask outers.
 * For `textfile`: look without the configuration, and write one file.
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
  form: FormReads = { reads: [], installed: [], probed: [] },
  file: string = program === "textfile" ? TEXTFILE_DIR : DEFAULT_SYSDUMP,
): Permissions {
  return ROWS[program](config, form, file);
}

function paths(...names: ProgramName[]): string[] {
  return names.map((name) => PROGRAMS[name].path);
}
