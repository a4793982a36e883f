/**
 * Scripts that run on a guest.
 *
 * @module
 */

import { type Background, until } from "../../../packaging/command.ts";
import type { Contender } from "./contender.ts";

/** Opens connections, makes a request on each, and keeps them open until it is disposed of. */
export async function hold(contender: Contender, count: number): Promise<AsyncDisposable> {
  const holding = start("hold", contender, String(count));
  const pid = await said(holding, /^pid (\d+) holds/m, 60);
  return { [Symbol.asyncDispose]: async () => void await contender.client.text(["kill", pid]) };
}

/** Starts a contender, and returns how long it took until a guest had an answer, in milliseconds. */
export async function timeStart(contender: Contender): Promise<number> {
  const asking = start("first_byte", contender);
  await said(asking, /^(asking)/m, 10);
  const before = performance.timeOrigin + performance.now();
  await contender.proxies?.start();
  return Number(await said(asking, /^answered ([\d.]+)/m, 10)) - before;
}

function start(script: string, { client, address, ports }: Contender, ...args: string[]): Background {
  const file = new URL(`${script}.ts`, import.meta.url).pathname;
  const net = `--allow-net=${address}:${ports.http}`;
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--cached-only", "--frozen", net, file];
  // The runtime looks for its own process in /proc, so /proc must be that of the guest's processes.
  return client.start([...run, address, String(ports.http), ...args], { inside: true });
}

/** Waits until a program has printed something, and returns the group of the match. */
async function said(program: Background, pattern: RegExp, seconds: number): Promise<string> {
  try {
    return await until(`${pattern} is said`, () => Promise.resolve(pattern.exec(program.output)?.[1]), seconds);
  } catch (error) {
    throw new Error(`The guest says nothing but "${program.output.trim()}"`, { cause: error });
  }
}
