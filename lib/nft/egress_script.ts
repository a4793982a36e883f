/**
 * The egress rules as scripts for nft. Pure.
 *
 * @module
 */

import { EGRESS } from "../names.ts";
import { type Egress, tablesFor } from "./egress_rules.ts";

/**
 * Renders the transaction that replaces the egress tables, whatever they held before.
 *
 * @param outer The number of outer's own user and group.
 * @param egress What the proxies are held to.
 * @returns A script for `nft -f -`.
 */
export function renderEgress(outer: number, egress: Egress): string {
  return tablesFor(outer, egress).map(({ family, set, type, elements, hook, rules }) => {
    const name = `${family} ${EGRESS}`;
    const chains = new Set(rules.map(({ chain }) => chain));
    return [
      // The table is added first, so that there is one to delete. The transaction is atomic: no packet meets the state
      // in between.
      `add table ${name}`,
      `delete table ${name}`,
      `add table ${name}`,
      `add set ${name} ${set} { type ${type} ; }`,
      ...(elements.length === 0 ? [] : [`add element ${name} ${set} { ${elements.join(", ")} }`]),
      ...[...chains].map((chain) =>
        `add chain ${name} ${chain}${
          chain === hook ? ` { type filter hook ${hook} priority filter ; policy accept ; }` : ""
        }`
      ),
      ...rules.map(({ chain, match, verdict, comment }) =>
        `add rule ${name} ${chain} ${match} ${verdict} comment "${comment}"`.replaceAll("  ", " ")
      ),
    ];
  }).flat().map((line) => `${line}\n`).join("");
}

/**
 * Renders the transaction that removes the egress tables.
 *
 * @returns A script for `nft -f -`. It succeeds even if a table does not exist.
 */
export function renderNoEgress(): string {
  return (["inet", "bridge"] as const)
    .map((family) => `add table ${family} ${EGRESS}\ndelete table ${family} ${EGRESS}\n`).join("");
}
