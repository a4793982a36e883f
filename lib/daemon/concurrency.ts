/**
 * Work on many items with bounded concurrency.
 *
 * @module
 */

/**
 * Works on every item, on a few at a time. Work begins in the order of the items.
 *
 * @param limit On how many to work at a time; at least 1.
 * @param items The items.
 * @param work Works on one item. It must not reject: the others would go on, and nobody would wait for them.
 */
export async function forEachConcurrently<T>(
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
