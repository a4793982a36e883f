/**
 * The wall and the processor time of a command.
 *
 * @module
 */

import type { Host } from "../lab/host.ts";

/** What a command took, in milliseconds. */
export interface Timed {
  readonly wall: number;
  /** Processor time of the command and of all processes that it waited for. */
  readonly cpu: number;
}

/** Runs a line of the shell, which has to succeed, and measures it. */
export async function timed(host: Pick<Host, "run">, line: string, input = ""): Promise<Timed> {
  const script = `TIMEFORMAT='times %R %U %S'; time { ${line}; } >/dev/null`;
  const { code, stdout, stderr } = await host.run(["bash", "-c", script], input);
  const times = /^times (\S+) (\S+) (\S+)$/m.exec(stderr);
  if (code !== 0 || times === null) throw new Error(`${line} exited with ${code}: ${stderr}${stdout}`);
  const [real = NaN, user = NaN, system = NaN] = times.slice(1).map((seconds) => 1000 * Number(seconds));
  return { wall: real, cpu: user + system };
}

/** Renders a command for {@linkcode timed}. */
export function lineOf(argv: readonly string[]): string {
  return argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}
