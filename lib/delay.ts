/**
 * Waiting for a time.
 *
 * @module
 */

/**
 * Calls a function after a time, unless it is disposed of before.
 *
 * WHY not `setTimeout()`: the runtime loads Node.js's timers for it, which takes 8 ms of processor time, half as much
 * as an empty program. What a VM's start waits for hardly ever waits, but has deadlines.
 *
 * @param ms How long to wait, in milliseconds.
 * @param late The function.
 * @returns What takes the call back.
 */
export function deadline(ms: number, late: () => void): Disposable {
  const signal = AbortSignal.timeout(ms);
  signal.addEventListener("abort", late);
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", late) };
}

/**
 * Waits for a time.
 *
 * @param ms How long, in milliseconds.
 * @returns A promise that resolves after that time.
 */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
