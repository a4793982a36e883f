/**
 * Trying out whether something accepts connections.
 *
 * @module
 */

/** What has become of one connection. */
export interface Attempt {
  /** The target, `address:port`. */
  readonly target: string;
  /** After how many milliseconds it was accepted; missing if it was not. */
  readonly ms?: number;
  /** Why it was not accepted; missing if it was. */
  readonly error?: string;
}

/** The error of an attempt that nothing has answered. */
export const NO_ANSWER = "no answer";

/**
 * Connects to each target, and closes the connection at once.
 *
 * @param targets Addresses with ports, for example `10.11.12.13:5030`.
 * @param deadlineMs How long to wait for each, in milliseconds.
 * @returns What has become of each, in the same order.
 * @throws {Deno.errors.NotCapable} Without `--allow-net` for each target.
 */
export async function connectAll(targets: readonly string[], deadlineMs: number): Promise<Attempt[]> {
  return await Promise.all(targets.map((target) => connect(target, deadlineMs)));
}

/**
 * Connects to a target, and closes the connection at once.
 *
 * @param target An address with a port, for example `10.11.12.13:5030`.
 * @param deadlineMs How long to wait, in milliseconds.
 * @returns What has become of it.
 * @throws {Deno.errors.NotCapable} Without `--allow-net` for the target.
 */
export async function connect(target: string, deadlineMs: number): Promise<Attempt> {
  const [hostname = "", port] = target.split(":");
  const start = performance.now();
  try {
    using _connection = await Deno.connect({ hostname, port: Number(port), signal: AbortSignal.timeout(deadlineMs) });
    return { target, ms: performance.now() - start };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    return { target, error: isLate ? NO_ANSWER : error instanceof Error ? error.message : String(error) };
  }
}
