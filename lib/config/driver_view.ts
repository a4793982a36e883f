/**
 * What OpenNebula's own driver makes of a configuration, and how that is collected.
 *
 * @module
 */

import type { Problem } from "./config.ts";
import type { YamlKey, YamlValue } from "./yaml_value.ts";

/** An entry that the driver puts into the maps. */
export interface DriverEntry {
  /** The line where it begins. */
  readonly line: number;
  /** The service port. */
  readonly servicePort: number;
  /** The service's address, as the file has it. */
  readonly remoteAddr: string;
  /** The service's port. */
  readonly remotePort: number;
  /** What a network's name or ID has to be; none for all networks. */
  readonly networks: readonly string[];
}

/** What the driver makes of a file. */
export interface DriverView {
  /** What it puts into the maps of the networks, the first of a service port for each network. */
  readonly entries: readonly DriverEntry[];
  /** Where it does something else than is meant. */
  readonly problems: readonly Problem[];
  /** What it passes over, or takes for more than it is. */
  readonly remarks: readonly Problem[];
}

/** Collects what the driver makes of a file while it is read. */
export class CollectedView implements DriverView {
  /** The entries so far. */
  readonly entries: DriverEntry[] = [];
  /** The problems so far. */
  readonly problems: Problem[] = [];
  /** The remarks so far. */
  readonly remarks: Problem[] = [];

  /** Adds a problem with a value. */
  problem({ at, source: value }: YamlValue, key: string, advice: string): void {
    this.problems.push({ at, key, value, advice });
  }

  /** Adds a remark on a value. */
  remark({ at, source: value }: YamlValue, key: string, advice: string): void {
    this.remarks.push({ at, key, value, advice });
  }

  /** Adds what comes of a key to problems or remarks; of one that is no symbol, that it is none. */
  ofKey(found: Problem[], { key, value }: YamlKey, advice: string): void {
    const isSymbol = key.isSymbol;
    found.push({
      at: key.at,
      key: isSymbol ? `:${key.name}:` : `${key.source}:`,
      value: isSymbol ? value.source : "no symbol",
      advice,
    });
  }
}
