/**
 * Doing much work a little at a time.
 *
 * @module
 */

/**
 * Does something with every item, with no more than a few under way at once, in the items' order.
 *
 * @param limit How many may be under way; at least 1.
 * @param items The items.
 * @param work What to do with one; it must not throw, or what is under way goes on unwatched.
 */
export async function atMostAtOnce<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const workOff = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, workOff));
}
