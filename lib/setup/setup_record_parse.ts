/**
 * Parsing the setup record. Every value is checked. A bad value invalidates its bridge and no other.
 *
 * @module
 */

import { isObject } from "../is_object.ts";
import { isDiallable, isPort } from "../address.ts";
import type { Network, SelectedEndpoint } from "../config/select.ts";
import { checkOptions } from "../limits_codec.ts";
import { BRIDGE_NAME, type BridgeName, UNNAMED_NETWORK } from "../names.ts";
import { parseJson } from "../parse_json.ts";
import type { NetworkRecord, SetupRecord } from "./setup_record.ts";

/** A parsed record: its good bridges, and its damaged ones. */
export interface ParsedRecord {
  /** The bridges that could be read. */
  readonly bridges: SetupRecord;
  /** The bridges with a bad value; `"all"` if the text is no record at all. */
  readonly damaged: "all" | readonly BridgeName[];
}

/** The longest name that is accepted. OpenNebula's names have 128 characters at most. */
const LONGEST_NAME = 1024;

/**
 * Parses the record.
 *
 * @param text The file's text.
 * @returns The good bridges and the damaged ones.
 */
export function parseRecord(text: string): ParsedRecord {
  const value = parseJson(text);
  if (!isObject<Key>(value)) return { bridges: new Map(), damaged: "all" };
  const bridges = new Map<BridgeName, readonly NetworkRecord[]>();
  const damaged: BridgeName[] = [];
  for (const [name, networks] of Object.entries(value)) {
    // An invalid bridge name does not tell which bridge was meant, so all of them are in doubt.
    if (!BRIDGE_NAME.test(name)) return { bridges: new Map(), damaged: "all" };
    const checked = checkNetworks(networks);
    if (checked === undefined) damaged.push(name as BridgeName);
    else bridges.set(name as BridgeName, checked);
  }
  return { bridges, damaged };
}

/**
 * Parses the copy of one bridge's record in nft.
 *
 * @param text JSON.
 * @returns The networks, or `undefined` if the text is damaged.
 */
export function parseNetworks(text: string): NetworkRecord[] | undefined {
  return checkNetworks(parseJson(text));
}

/**
 * Tells whether a network can be recorded.
 *
 * @param network The network.
 * @returns Whether it has a name of reasonable length, an ID of digits, or both; or is {@linkcode UNNAMED_NETWORK}.
 */
export function isNetwork({ id, name }: Network): boolean {
  return (id !== undefined || name !== undefined) && isId(id) && isName(name, id);
}

function checkNetworks(value: unknown): NetworkRecord[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const networks = value.map(checkNetwork).filter((network) => network !== undefined);
  // At most one network has neither ID nor name.
  const unknown = networks.filter(({ id, name }) => id === undefined && name === undefined);
  return networks.length === value.length && unknown.length <= 1 ? networks : undefined;
}

function checkNetwork(value: unknown): NetworkRecord | undefined {
  if (!isObject<Key>(value) || !isId(value.id) || !isName(value.name, value.id) || !Array.isArray(value.endpoints)) {
    return undefined;
  }
  const endpoints = value.endpoints.map(checkEndpoint).filter((endpoint) => endpoint !== undefined);
  const ports = new Set(endpoints.map(({ servicePort }) => servicePort));
  if (ports.size !== value.endpoints.length) return undefined;
  // A network without ID and name has to have endpoints.
  if (endpoints.length === 0 && value.id === undefined && value.name === undefined) return undefined;
  return {
    ...(value.id === undefined ? {} : { id: value.id }),
    ...(value.name === undefined ? {} : { name: value.name }),
    endpoints,
  };
}

function checkEndpoint(value: unknown): SelectedEndpoint | undefined {
  if (!isObject<Key>(value)) return undefined;
  const { servicePort, remoteAddr, remotePort, remoteName, backupAddrs, backupNames } = value;
  if (!isPort(servicePort) || !isDiallable(remoteAddr) || !isPort(remotePort)) return undefined;
  if (remoteName !== undefined && !isHostName(remoteName)) return undefined;
  const options = checkOptions(value.options);
  if (options === undefined) return undefined;
  if (backupAddrs !== undefined && !isListOf(backupAddrs, isDiallable)) return undefined;
  if (backupNames !== undefined && !isListOf(backupNames, isHostNameOrNull)) return undefined;
  return {
    servicePort,
    remoteAddr,
    remotePort,
    ...options,
    ...(remoteName === undefined ? {} : { remoteName }),
    ...(backupAddrs === undefined ? {} : { backupAddrs }),
    ...(backupNames === undefined ? {} : { backupNames }),
  };
}

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length > 0 && value.every(isOne);
}

function isHostNameOrNull(value: unknown): value is string | null {
  return value === null || isHostName(value);
}

/** The keys of all objects in a record. */
type Key =
  | ("id" | "name" | "endpoints" | "servicePort" | "remoteAddr" | "remotePort" | "remoteName" | "options")
  | ("backupAddrs" | "backupNames");

function isId(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string" && /^\d{1,10}$/.test(value);
}

/**
 * Tells whether a value can be a network's name. The name of {@linkcode UNNAMED_NETWORK} is valid only without an ID.
 */
function isName(value: unknown, id: unknown): value is string | undefined {
  if (value === undefined) return true;
  return typeof value === "string" && value.length <= LONGEST_NAME &&
    (value !== UNNAMED_NETWORK.name || id === undefined);
}

function isHostName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,253}$/.test(value);
}
