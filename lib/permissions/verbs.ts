/**
 * Which program carries out which verb. The launchers, the tasks and the documentation take it from here.
 *
 * @module
 */

/** What an operator or a driver types. */
export type CommandName = "tproxy" | "setup";

/** The programs that run as commands: `cmd/<name>.ts`, or `lib/<name>.js` of a distribution. */
export const COMMAND_PROGRAMS = [
  "updown",
  "setup",
  "deploy",
  "reread",
  "tproxy",
  "watch",
  "doctor",
  "sysdump",
  "streams",
  "top",
  "kill",
  "logs",
  "trace",
  "integrate",
  "textfile",
  "look",
] as const;

/** One of these programs. */
export type CommandProgram = typeof COMMAND_PROGRAMS[number];

/** All programs. */
export type Entrypoint = CommandProgram | "outer" | "inner" | "probe";

/** The option that has the proxies follow at once. A launcher runs the program that may start and end them. */
export const NOW_OPTION = "--now";

/** The network drivers' actions that have a hook of ours, in the order of a VM's life. */
export const HOOK_ACTIONS = ["pre", "clean"] as const;

/** One of these actions. */
export type HookAction = typeof HOOK_ACTIONS[number];

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
    top: "top",
    kill: "kill",
    logs: "logs",
    trace: "trace",
    metrics: "look",
    integrate: "integrate",
  },
  setup: {
    up: "updown",
    down: "updown",
    hook: "deploy",
  },
};

/** The options with which another program carries out a verb. */
export const OPTIONS: Readonly<Record<string, Readonly<Record<string, CommandProgram>>>> = {
  metrics: { [TEXTFILE_OPTION]: "textfile" },
  up: { [NOW_OPTION]: "deploy" },
  down: { [NOW_OPTION]: "deploy" },
};

/** The program for whatever is no verb: it prints the version, help and usage. */
export const OTHERWISE: Readonly<Record<CommandName, CommandProgram>> = { tproxy: "look", setup: "setup" };

/**
 * Which program a launcher runs when one has exited with ASK_ANOTHER of `lib/exit_code.ts`: it takes longer to load,
 * and knows more.
 */
export const FALLBACKS: Readonly<Partial<Record<CommandProgram, CommandProgram>>> = {
  updown: "setup",
  deploy: "reread",
  tproxy: "watch",
};

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
  const all = new Set([...Object.values(VERBS[command]), ...ofOptions].flatMap((program) => {
    return [program, FALLBACKS[program] ?? []].flat();
  }));
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
