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
  // Four parts of 16 bits, the lowest first, so that all numbers here are small integers: a thousand bridges have rules of
  // several megabytes.
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (const byte of new TextEncoder().encode(name)) {
    // The prime is 2 ** 40 + 0x1b3, so the product is the hash times 0x1b3, and the hash moved by 40 bits.
    a ^= byte;
    const low = a * 0x1b3;
    const second = b * 0x1b3 + (low >>> 16);
    const third = c * 0x1b3 + (a << 8) + (second >>> 16);
    d = d * 0x1b3 + (b << 8) + (third >>> 16) & 0xffff;
    a = low & 0xffff;
    b = second & 0xffff;
    c = third & 0xffff;
  }
  return [d, c, b, a].map((part) => part.toString(16).padStart(4, "0")).join("").slice(-digits);
}
