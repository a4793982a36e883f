/**
 * Running the system's programs. No shell, no `PATH`, no inherited environment; arguments go to the program as they are.
 *
 * A lint rule lets no other module of the four programs start a process, but for `lib/daemon/spawn.ts`: a daemon is handed open
 * descriptors, which only node:child_process can do, and loading that takes 30 ms.
 *
 * @module
 */

import { TproxyError } from "./errors.ts";
import { type ProgramName, PROGRAMS } from "./programs.ts";

/** A program ended with an exit code that is not 0, or was not there, or took too long. */
export class CommandError extends TproxyError {
  /** The program's path and its arguments. */
  readonly argv: readonly string[];
  /** Its exit code, or `undefined` if it never ran or was ended. */
  readonly exitCode: number | undefined;
  /** What it printed on standard error. */
  readonly stderr: string;

  /**
   * The details are for whoever catches it; the message says it all to a person.
   *
   * @param message What failed and why.
   * @param remedy What to do about it.
   * @param details The command, how it ended, and the cause.
   */
  constructor(
    message: string,
    remedy: string,
    details: { argv: readonly string[]; exitCode?: number; stderr?: string; cause?: unknown },
  ) {
    super(message, remedy, { cause: details.cause });
    this.argv = details.argv;
    this.exitCode = details.exitCode;
    this.stderr = details.stderr ?? "";
  }
}

/** How to run a program. */
export interface RunOptions {
  /** Text for its standard input; nothing otherwise. */
  readonly stdin?: string;
  /** After how many milliseconds it is ended; 10,000 unless told. */
  readonly deadlineMs?: number;
}

/** No message in another language, no program of another folder. */
const ENVIRONMENT = { LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Runs a program to its end.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param options Its standard input and a deadline.
 * @returns What it printed on standard output.
 * @throws {CommandError} If it is not installed, ends with an exit code that is not 0, or takes longer than the deadline.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program's path.
 */
export async function runCommand(
  name: ProgramName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { path } = PROGRAMS[name];
  const argv = [path, ...args];
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const child = spawn(name, args, options.stdin !== undefined);
  const expired = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    expired.resolve(undefined);
    end(child, "SIGKILL");
  }, deadlineMs);
  try {
    const written = options.stdin === undefined ? undefined : feed(child.stdin, options.stdin);
    // Not its output alone: what the program has started itself may hold that open for as long as it likes.
    const result = await Promise.race([child.output(), expired.promise]);
    if (result === undefined) {
      const message = `Cannot run ${name} ${args.join(" ")}: it took longer than ${deadlineMs} ms`;
      throw new CommandError(message, "", { argv });
    }
    const { code, signal, stdout, stderr } = result;
    clearTimeout(timer);
    await written;
    if (code === 0) return decode(stdout);
    const said = decode(stderr).trim();
    const how = signal === null ? `it exited with ${code}` : `it was ended by ${signal}`;
    const message = `Cannot run ${name} ${args.join(" ")}: ${said === "" ? how : `${how}: ${said}`}`;
    throw new CommandError(message, remedyFor(said), {
      argv,
      stderr: said,
      ...(signal === null ? { exitCode: code } : {}),
    });
  } finally {
    clearTimeout(timer);
  }
}

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // It has ended by itself, and only something that it started has not.
    if (!(error instanceof TypeError)) throw error;
  }
}

function spawn(name: ProgramName, args: readonly string[], piped: boolean): Deno.ChildProcess {
  const { path, debian } = PROGRAMS[name];
  try {
    return new Deno.Command(path, {
      args: [...args],
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: piped ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.PermissionDenied)) throw cause;
    throw new CommandError(
      `Cannot run ${path}: it is not installed or not executable`,
      `install it, for example "apt-get install ${debian}"`,
      {
        argv: [path, ...args],
        cause,
      },
    );
  }
}

async function feed(stdin: WritableStream<Uint8Array<ArrayBuffer>>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The program ended before it had read everything; its exit code says why.
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function remedyFor(stderr: string): string {
  return /operation not permitted|permission denied|must be root/i.test(stderr)
    ? "run it as root, for example with sudo"
    : "";
}

/** A program that goes on until it is ended. */
export interface RunningCommand {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it. */
  stop(): void;
}

/**
 * Runs a program that goes on, and hands over each line it prints. It ends with this process, whatever ends that.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param onLine What to do with a line of its standard output.
 * @returns The program.
 * @throws {CommandError} If setpriv, which ties the two together, is not installed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`.
 */
export function followCommand(
  name: ProgramName,
  args: readonly string[],
  onLine: (line: string) => void,
): RunningCommand {
  const child = spawn("setpriv", ["--pdeathsig=TERM", PROGRAMS[name].path, ...args], false);
  const read = async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    }
  };
  const ended = Promise.all([read(), child.stderr.cancel(), child.status]).then(() => {});
  return { ended, stop: () => end(child, "SIGTERM") };
}
