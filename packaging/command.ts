/**
 * Running any program, for packaging and for tests: with its output, in the background until disposed of, or in the
 * place of this one. What hypervisors run has `lib/run_command.ts` instead.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url).pathname;

/** How a program ended. */
export interface Result {
  /** Its exit code. */
  readonly code: number;
  /** What it printed on standard output. */
  readonly stdout: string;
  /** What it printed on standard error. */
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(argv: readonly string[], stdin?: string | Uint8Array): Promise<Result> {
  const [program = "", ...args] = argv;
  const child = new Deno.Command(program, {
    args,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Both at once, or a program that echoes its input would wait for us while we wait for it.
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), feed(child, stdin)]);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function feed(child: Deno.ChildProcess, stdin: string | Uint8Array | undefined): Promise<void> {
  if (stdin === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : new Uint8Array(stdin));
    await writer.close();
  } catch (error) {
    // It has ended without reading all of it; its exit code says why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Runs a program that has to succeed, and returns what it printed. */
export async function text(argv: readonly string[], stdin?: string | Uint8Array): Promise<string> {
  const { code, stdout, stderr } = await run(argv, stdin);
  if (code !== 0) throw new Error(`${argv.join(" ")} exited with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Runs a program at this terminal, without input, and returns its exit code. */
export async function runHere([program = "", ...args]: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(program, { args, cwd: ROOT, stdin: "null" }).spawn().status;
  return code;
}

/** Runs the Deno runtime in the place of this program, with its standard streams, and returns its exit code. */
export async function runDeno(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args] }).spawn();
  // Ctrl-C reaches the child as well, which decides what it means.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  const { code } = await child.status;
  Deno.removeSignalListener("SIGINT", ignore);
  return code;
}

/** A program in the background. */
export class Background implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<unknown>;
  #output = "";

  /** Starts it, and hands over what it prints as it comes. */
  constructor(argv: readonly string[], onText: (text: string) => void = () => {}) {
    const [program = "", ...args] = argv;
    this.#child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
    const collect = async (stream: ReadableStream<Uint8Array>) => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) {
        const text = decoder.decode(chunk, { stream: true });
        this.#output += text;
        onText(text);
      }
    };
    this.#done = Promise.all([collect(this.#child.stdout), collect(this.#child.stderr), this.#child.status]);
  }

  /** Its process ID, as this process sees it. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Waits for its end and returns its exit code. */
  async ended(): Promise<number> {
    await this.#done;
    return (await this.#child.status).code;
  }

  /** Sends it a signal, unless it has ended. */
  signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.#done;
  }
}

/** Waits for a condition, for at most some seconds. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | undefined>,
  seconds = 30,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} seconds in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
