/**
 * Trying out the way of a guest: to the guest-facing address, to the proxy behind it, and to the services.
 *
 * @module
 */

import { type Attempt, connect, NO_ANSWER } from "./connect_all.ts";
import { delay } from "./delay.ts";
import { GUEST_ADDRESS } from "./names.ts";

/** What has become of one service port. */
export interface PortAttempt extends Attempt {
  /** The service port. */
  readonly port: number;
  /** What came on the connection until it was ended; missing if nothing did in time. */
  readonly answer?: string;
  /** How long after it was accepted it was ended, in milliseconds; missing if it was not. */
  readonly answerMs?: number;
}

/** What has become of one bridge's path. */
export interface PathAttempt {
  /** The guest-facing address, at a port where nothing listens. Who refuses it is there. */
  readonly address: Attempt;
  /** Each service port; none if the address does not answer. */
  readonly ports: readonly PortAttempt[];
}

/** How long the device of the probe may take to be there, in milliseconds. */
const DEVICE_MS = 10_000;

/** How long an address and a port may take to answer, in milliseconds. ARP gives up after three seconds. */
const CONNECT_MS = 4_000;

/** How long an answer of the proxies may take, in milliseconds: longer than outer tries a service. */
const ANSWER_MS = 5_000;

/** The longest answer that is read, in bytes. */
const LONGEST = 8 * 1024;

/** How often to look whether the device is there, in milliseconds. */
const LOOK_MS = 2;

/**
 * Tries the path out. It begins when this process' namespace has a route to the address.
 *
 * @param quietPort A port where nothing listens.
 * @param ports The service ports.
 * @returns What has become of each.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=169.254.16.9`.
 */
export async function tryPath(quietPort: number, ports: readonly number[]): Promise<PathAttempt> {
  const deadline = performance.now() + DEVICE_MS;
  for (;;) {
    const began = performance.now();
    const address = await connect(`${GUEST_ADDRESS}:${quietPort}`, CONNECT_MS);
    if (/network is unreachable/i.test(address.error ?? "") && began < deadline) {
      await delay(LOOK_MS);
      continue;
    }
    const isThere = address.error === undefined || /refused/i.test(address.error);
    if (!isThere) return { address, ports: [] };
    const { target } = address;
    const ms = address.ms ?? performance.now() - began;
    return { address: { target, ms }, ports: await tryPorts(ports) };
  }
}

async function tryPorts([first, ...others]: readonly number[]): Promise<PortAttempt[]> {
  if (first === undefined) return [];
  const cold = await tryPort(first);
  // The first stream of a process takes milliseconds longer, because of this process and not of its path.
  const warm = cold.answer === undefined ? cold : tryPort(first);
  return await Promise.all([warm, ...others.map(tryPort)]);
}

async function tryPort(port: number): Promise<PortAttempt> {
  const target = `${GUEST_ADDRESS}:${port}`;
  const began = performance.now();
  const signal = AbortSignal.timeout(CONNECT_MS);
  let connection: Deno.TcpConn;
  try {
    connection = await Deno.connect({ hostname: GUEST_ADDRESS, port, signal });
  } catch (error) {
    const { message } = error as Error;
    return { target, port, error: signal.aborted ? NO_ANSWER : message };
  }
  const ms = performance.now() - began;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, ANSWER_MS);
  // A proxy that resets it has ended it without an answer.
  const answer = await readAll(connection).catch(() => "");
  clearTimeout(timer);
  connection[Symbol.dispose]();
  return { target, port, ms, ...(isLate ? {} : { answer, answerMs: performance.now() - began - ms }) };
}

async function readAll(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(LONGEST);
  let length = 0;
  while (length < LONGEST) {
    const count = await connection.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, length));
}
