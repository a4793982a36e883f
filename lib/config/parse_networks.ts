/**
 * The networks of an entry. An entry that was meant for some networks never becomes one for all.
 *
 * @module
 */

import type { NetworkReference } from "./config.ts";
import { getOne, type Report, wrong } from "./values.ts";
import type { YamlValue } from "./yaml_value.ts";

/**
 * Parses `:networks:`.
 *
 * @param entry The entry.
 * @param report Is told of each value that names no network.
 * @param remark Is told of each name that may be several.
 * @returns The networks, none for all; `undefined` if there are some and none of them is good.
 */
export function parseNetworks(entry: YamlValue, report: Report, remark: Report): NetworkReference[] | undefined {
  const value = getOne(entry, "networks", report);
  if (value === undefined || value.scalar === null) return [];
  const references = (value.items ?? [value]).map((item) => parseNetwork(item, report, remark));
  const good = references.filter((reference) => reference !== undefined);
  // An empty list means every network, so a list of which nothing is left must not become one.
  return good.length === 0 && references.length > 0 ? undefined : good;
}

function parseNetwork(item: YamlValue, report: Report, remark: Report): NetworkReference | undefined {
  const { scalar, source } = item;
  const ids = /^(["']?)\s*(\d+(?:[,;\s]+\d+)+)[,;\s]*\1$/.exec(source)?.[2]?.split(/[,;\s]+/);
  if (ids !== undefined) {
    // Ruby takes 7,8 for the number 78.
    report(wrong(item, ":networks:", `a list: [${ids.join(", ")}]`));
    return undefined;
  }
  const reference = toNetwork(scalar);
  if (reference === undefined) {
    report(wrong(item, ":networks:", "names or IDs of virtual networks"));
  } else if ("name" in reference && /[,;]/.test(reference.name)) {
    const advice = "which is one name; for several networks write a list: [vnet0, vnet1]";
    remark({ at: item.at, key: ":networks:", value: source, advice });
  }
  return reference;
}

function toNetwork(value: unknown): NetworkReference | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return { id: String(value) };
  // Where the file is not UTF-8, a name has lost what it was.
  if (typeof value !== "string" || value === "" || value.includes("\ufffd")) return undefined;
  return /^\d+$/.test(value) ? { id: String(BigInt(value)) } : { name: value };
}
