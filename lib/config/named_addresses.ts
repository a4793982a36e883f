/**
 * The addresses of a service, with the names that they were resolved from. Pure.
 *
 * @module
 */

import { type Addresses, addressesOf } from "../address.ts";

/** An address of a service. */
export interface NamedAddress {
  /** The IPv4 address. */
  readonly address: string;
  /** The host name that it was resolved from, if it was. */
  readonly name?: string;
}

/** All addresses of a service, in the form in which an endpoint and the setup record have them. */
export interface NamedAddresses extends Addresses {
  /** The host name of `remoteAddr`, if it was resolved. */
  readonly remoteName?: string;
  /** The host names of `backupAddrs`, `null` for an address that was not resolved; missing if none was. */
  readonly backupNames?: readonly (string | null)[];
}

/**
 * Lists all addresses of a service with their names.
 *
 * @param service The service.
 * @returns Its addresses, in the order in which they are tried; at least one.
 */
export function namedAddressesOf(service: NamedAddresses): NamedAddress[] {
  const names = [service.remoteName, ...service.backupNames ?? []];
  return addressesOf(service).map((address, i) => named(address, names[i] ?? undefined));
}

/**
 * Puts an address and its name together.
 *
 * @param address The IPv4 address.
 * @param name The name that it was resolved from; `undefined` if it was not.
 * @returns Both, without the name if there is none.
 */
export function named(address: string, name: string | undefined): NamedAddress {
  return name === undefined ? { address } : { address, name };
}

/**
 * Does the opposite of {@linkcode namedAddressesOf}.
 *
 * @param all The addresses, in the order in which they are tried.
 * @returns The fields of an endpoint; `undefined` if there is no address.
 */
export function toNamedAddresses(all: readonly NamedAddress[]): NamedAddresses | undefined {
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  const hasNames = others.some(({ name }) => name !== undefined);
  return {
    remoteAddr: first.address,
    ...(others.length === 0 ? {} : { backupAddrs: others.map(({ address }) => address) }),
    ...(first.name === undefined ? {} : { remoteName: first.name }),
    ...(hasNames ? { backupNames: others.map(({ name = null }) => name) } : {}),
  };
}
