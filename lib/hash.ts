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
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0").slice(-digits);
}
