/**
 * Hashing a name. The hash is the same on every host and in every version.
 *
 * @module
 */

/**
 * Hashes a name by FNV-1a (64 bits; draft-eastlake-fnv). Similar names get different hashes, but the hash is not
 * cryptographic: two names with the same hash are easy to find.
 *
 * @param name Any text.
 * @param digits How many hexadecimal digits are wanted, 16 at most.
 * @returns The lowest digits of the hash, in lower case.
 */
export function hashDigits(name: string, digits: number): string {
  // Two halves of 32 bits. With a BigInt, a hash of our rules would take 3 ms of processor time.
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (const byte of new TextEncoder().encode(name)) {
    // The prime is 2 ** 40 + 0x1b3, so the product is the hash times 0x1b3, and the low half moved 8 bits into the high
    // one.
    const mixed = (low ^ byte) >>> 0;
    const product = mixed * 0x1b3;
    low = product >>> 0;
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + mixed * 2 ** 8) % 2 ** 32;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, "0")).join("").slice(-digits);
}
