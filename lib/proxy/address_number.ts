/**
 * IPv4 addresses as numbers, as the string carries them.
 *
 * @module
 */

/**
 * Writes an IPv4 address in dotted form.
 *
 * @param address The address, as one number.
 * @returns For example `192.168.150.10`.
 */
export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 255).join(".");
}

/**
 * Reads an IPv4 address in dotted form.
 *
 * @param text For example `192.168.150.10`.
 * @returns The address, as one number.
 */
export function addressNumber(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
