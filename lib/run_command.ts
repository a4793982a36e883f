/**
 * Running the system's programs, without a shell, without `PATH` and without an inherited environment. Arguments are
 * passed as they are.
 *
 * A lint rule forbids all other modules to start a process, except `lib/run_attached.ts`, and `lib/daemon/spawn.ts`,
 * which passes open descriptors to a daemon. Only node:child_process can do that, and it takes 30 ms to load.
 *
 * @module
 */

import { deadline } from "./delay.ts";
import { TproxyError } from "./errors.ts";
import { ENVIRONMENT, type ProgramName, PROGRAMS } from "./programs.ts";

/** A program has failed: it ended with an exit code other than 0, is not installed, or took too long. */
export class CommandError extends TproxyError {
  /** The program's path and its arguments. */
  readonly argv: readonly string[];
  /** Its exit code, or `undefined` if it never ran or was killed. */
  readonly exitCode: number | undefined;
  /** What it printed on standard error. */
  readonly stderr: string;

  /**
   * Creates an error. The message is complete for a person; the details are for code that catches the error.
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
  /** What it reads from its standard input; nothing by default. */
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  /** After how many milliseconds it is killed; 10,000 by default. */
  readonly deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Runs a program to its end.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param options Its standard input and a deadline.
 * @returns What it printed on standard output.
 * @throws {CommandError} If it is not installed, ends with an exit code other than 0, or takes longer than the
 * deadline.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program's path.
 */
export async function runCommand(
  name: ProgramName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return decode(await runCommandForBytes(name, args, options));
}

/**
 * Runs a program whose output need not be text, to its end.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param options Its standard input and a deadline.
 * @returns What it printed on standard output.
 * @throws {CommandError} As {@linkcode runCommand}.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program's path.
 */
export async function runCommandForBytes(
  name: ProgramName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { path } = PROGRAMS[name];
  const argv = [path, ...args];
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const child = startCommand(name, args, options.stdin !== undefined);
  const expired = Promise.withResolvers<undefined>();
  using _late = deadline(deadlineMs, () => {
    expired.resolve(undefined);
    signalCommand(child, "SIGKILL");
  });
  const written = options.stdin === undefined ? undefined : feed(child.stdin, options.stdin);
  // Waits for the exit too, and not for the end of the output alone: a process that the program has started may keep
  // the output open.
  const result = await Promise.race([child.output(), expired.promise]);
  if (result === undefined) {
    const message = `Cannot run ${name} ${args.join(" ")}: it took longer than ${deadlineMs} ms`;
    throw new CommandError(message, "", { argv });
  }
  const { code, signal, stdout, stderr } = result;
  await written;
  if (code === 0) return stdout;
  const said = decode(stderr).trim();
  const how = signal === null ? `it exited with ${code}` : `it was ended by ${signal}`;
  const message = `Cannot run ${name} ${args.join(" ")}: ${said === "" ? how : `${how}: ${said}`}`;
  throw new CommandError(message, remedyFor(said), {
    argv,
    stderr: said,
    ...(signal === null ? { exitCode: code } : {}),
  });
}

/**
 * Starts a program.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param piped Whether it gets a standard input; else it has none.
 * @returns The program, whose output is piped.
 * @throws {CommandError} If it is not installed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program's path.
 */
export function startCommand(name: ProgramName, args: readonly string[], piped: boolean): Deno.ChildProcess {
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
      { argv: [path, ...args], cause },
    );
  }
}

/**
 * Sends a signal to a program, which may have ended.
 *
 * @param child The program.
 * @param signal The signal.
 */
export function signalCommand(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // The program has already ended; only a process that it has started still runs.
    if (!(error instanceof TypeError)) throw error;
  }
}

async function feed(
  stdin: WritableStream<Uint8Array<ArrayBuffer>>,
  input: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await writer.close();
  } catch {
    // The program has ended before it read everything. Its exit code says why.
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
