/**
 * The chains of one bridge. `setup` adds and removes the chains by this list, and checks compare it with what nft has.
 * Pure.
 *
 * @module
 */

import { TPROXY } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import { driverRules, guardRules, portRules } from "./bridge_rules.ts";
import { senderRules } from "./sender_rules.ts";
import type { BridgeForm } from "./matches.ts";
import { redirectRules } from "./redirect.ts";

/** A chain in `table bridge one_tproxy`. */
export interface Chain {
  /** Its name. */
  readonly name: string;
  /** Its hook and priority; `undefined` for a chain that another chain jumps to. */
  readonly hook: string | undefined;
  /** Its rules, in their order. */
  readonly rules: readonly string[];
}

/**
 * Lists the chains that `setup` makes for a bridge.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The chains; the network drivers make the first one, too.
 */
export function chainsOf(names: BridgeNames, form: BridgeForm): Chain[] {
  return [
    { name: names.chain, hook: "forward priority filter", rules: driverRules(names, form) },
    { name: names.guardChain, hook: "prerouting priority filter", rules: guardRules(names, form) },
    { name: names.redirectChain, hook: "prerouting priority dstnat", rules: redirectRules(names, form) },
    { name: names.senderChain, hook: undefined, rules: senderRules() },
    // It follows the chain that it jumps to, which has to exist first.
    { name: names.portChain, hook: "forward priority filter", rules: portRules(names, form) },
  ];
}

/**
 * Names the chains that `setup` makes for a bridge.
 *
 * @param names The bridge's names.
 * @returns The chains' names, the same in each form.
 */
export function chainNamesOf(names: BridgeNames): string[] {
  return chainsOf(names, "ibrname").map(({ name }) => name);
}

/**
 * Renders the commands that give a chain its rules, whatever it held before.
 *
 * @param chain The chain.
 * @returns Commands for `nft -f -`.
 */
export function renderChain({ name, hook, rules }: Chain): string[] {
  const base = hook === undefined ? "" : ` { type filter hook ${hook} ; policy accept ; }`;
  return [
    `add chain bridge ${TPROXY} ${name}${base}`,
    `flush chain bridge ${TPROXY} ${name}`,
    ...rules.map((rule) => `add rule bridge ${TPROXY} ${name} ${rule}`),
  ];
}
