/**
 * Keeping secrets, and on demand addresses, out of a dump. Pure.
 *
 * @module
 */

import { isIpv4 } from "../address.ts";
import { GUEST_ADDRESS } from "../names.ts";

/** A word that names a secret, and the value that is given for it. */
const SECRET =
  /((?:token|passw(?:or)?d|secret|authorization|cookie)["']?\s*[:=]\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\s"',}]+)/gi;

const MAC = /(?<![\w:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:])/gi;
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)/g;
/** Eight groups, or fewer around "::". A time of day has neither. */
const IPV6 =
  /(?<![\w:.])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?)(?![\w:])/gi;

/** Addresses that are the same on every host, and say nothing. */
const SAME_EVERYWHERE = /^(?:169\.254\.16\.9|127\..*|0\.0\.0\.0|255\..*|::1?|ff:ff:ff:ff:ff:ff|00:00:00:00:00:00)$/i;

/**
 * Removes the values of whatever is called a token, a password or a secret.
 *
 * @param text A text.
 * @returns The text with `[removed]` in their place.
 */
export function withoutSecrets(text: string): string {
  return text.replaceAll(SECRET, "$1[removed]");
}

/** Replaces addresses and names, the same one by the same pseudonym in every text. */
export class Anonymizer {
  readonly #pseudonyms = new Map<string, string>();
  readonly #names: readonly string[];

  /** @param names The host names to be replaced. */
  constructor(names: Iterable<string>) {
    // The longest first, since one may be a part of another.
    this.#names = [...new Set(names)].filter((name) => name !== "").toSorted((a, b) => b.length - a.length);
  }

  /**
   * Replaces every address and name. {@linkcode GUEST_ADDRESS} and the like stay.
   *
   * @param text A text.
   * @returns The text with addresses of the ranges for documentation and tests in their place.
   */
  anonymize(text: string): string {
    const named = this.#names.reduce((rest, name) => {
      return rest.replaceAll(name, this.#pseudonym("name", name, (number) => `name-${number}.invalid`));
    }, text);
    return named.replaceAll(MAC, (mac) => this.#pseudonym("mac", mac, (number) => `02:00:00:${pairs(number)}`))
      .replaceAll(IPV6, (address) => this.#pseudonym("ipv6", address, (number) => `2001:db8::${number.toString(16)}`))
      .replaceAll(IPV4, (address) => {
        // RFC 2544: for tests of devices.
        const of = (number: number) => `198.${18 + (number >> 16 & 1)}.${number >> 8 & 255}.${number & 255}`;
        return isIpv4(address) ? this.#pseudonym("ipv4", address, of) : address;
      });
  }

  #pseudonym(kind: string, value: string, of: (number: number) => string): string {
    if (value === GUEST_ADDRESS || SAME_EVERYWHERE.test(value)) return value;
    const key = `${kind} ${value.toLowerCase()}`;
    const known = this.#pseudonyms.get(key) ?? of(this.#pseudonyms.size + 1);
    this.#pseudonyms.set(key, known);
    return known;
  }
}

function pairs(number: number): string {
  return number.toString(16).padStart(6, "0").replaceAll(/..(?=.)/g, "$&:");
}
