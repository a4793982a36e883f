/**
 * Finding faults in the rules of one bridge. Pure.
 *
 * @module
 */

import { TPROXY, VETH_SET } from "../names.ts";
import { scriptOf } from "../nft/applied.ts";
import { chainNamesOf } from "../nft/chains.ts";
import { describeConstants } from "../nft/shared_sets.ts";
import type { BridgeView, Expected } from "./faults.ts";

/** A fault without its remedy. The command repairs it by hand. */
export type Finding = readonly [code: string, text: string, command?: string];

/**
 * Finds the faults of a bridge's rules.
 *
 * @param expected The state as it should be.
 * @param view The state as it is.
 * @returns The faults.
 */
export function findRuleFaults(
  { names, isRecorded, applied }: Omit<Expected, "sysctls">,
  { missing, table: { chains, sets, isDormant } }: Pick<BridgeView, "missing" | "table">,
): Finding[] {
  const findings: Finding[] = [];
  if (missing !== undefined) findings.push([missing[0], `${missing[1]} is gone`]);
  // The network driver creates one chain only, with a rule of its own form.
  for (const name of isRecorded ? chainNamesOf(names) : [names.chain]) {
    const chain = chains.get(name);
    if (chain === undefined) findings.push(["rules-missing", `the chain ${name} is gone`]);
    else if (chain.rules === 0) findings.push(["rules-missing", `the chain ${name} is empty`]);
    else if (isRecorded && applied !== undefined && chain.fingerprint !== applied.chains[name]) {
      findings.push(["rules-changed", `the rules in the chain ${name} are not those that setup made`]);
    }
  }
  if (!isRecorded || applied === undefined) return findings;
  if (isDormant) findings.push(["rules-changed", `the table bridge ${TPROXY} is dormant, so its rules do nothing`]);
  if (applied.form === "veth-set" && !sets.get(VETH_SET)?.includes(names.bridgeEnd)) {
    findings.push(["rules-changed", `${names.bridgeEnd} is not in the set ${VETH_SET}`]);
  }
  if (applied.script !== scriptOf(names, applied.form)) {
    return [...findings, ["rules-changed", "its rules are those of another version"]];
  }
  for (const [name, elements] of Object.entries(describeConstants(sets))) {
    if (elements !== applied.chains[name] || elements === "") {
      findings.push(["rules-changed", `the set ${name} is not as setup made it`]);
    }
  }
  return findings;
}
