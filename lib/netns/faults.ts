/**
 * Finding faults in the kernel's state of one bridge. Pure.
 *
 * The supervisor and `tproxy status` check without a change. `setup` compares devices while it plans how to change them
 * (`link_plan.ts`), and the rules by `rule_faults.ts`.
 *
 * @module
 */

import { printable } from "../config/config.ts";
import type { Fault } from "../fault.ts";
import { GUEST_ADDRESS } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import type { AppliedRules } from "../nft/applied.ts";
import type { BridgeTable } from "../nft/fingerprint.ts";
import type { Inside } from "./inside.ts";
import type { Link } from "./observe.ts";
import { type Finding, findRuleFaults } from "./rule_faults.ts";
import { findDiffering } from "./sysctls.ts";

/** The state of one bridge as it is. */
export interface BridgeView {
  /** The bridge, which exists. */
  readonly bridge: Link;
  /** The device with the name of the bridge-side veth end. */
  readonly port: Link | undefined;
  /** The namespace; `undefined` if this check has not looked into it. */
  readonly inside: Inside | undefined;
  /** The first thing that nft lacks for the bridge, rules aside: a code and a name. */
  readonly missing: readonly [code: string, what: string] | undefined;
  /** The chains and sets of all bridges. */
  readonly table: BridgeTable;
}

/** The state of one bridge as it should be. */
export interface Expected {
  /** The bridge's names. */
  readonly names: BridgeNames;
  /** Whether `setup` has recorded the bridge. If not, the network driver has created its devices and rules. */
  readonly isRecorded: boolean;
  /** The fingerprints of the rules; `undefined` if none are recorded. */
  readonly applied: AppliedRules | undefined;
  /** The settings of the namespace, `key=value`. */
  readonly sysctls: readonly string[];
}

type Alive = Extract<Inside, { state: "alive" }>;

/**
 * Finds the faults of a bridge.
 *
 * @param expected The state as it should be.
 * @param view The state as it is.
 * @returns The faults. One that causes others comes before them.
 */
export function findBridgeFaults(expected: Expected, view: BridgeView): Fault[] {
  const { names, isRecorded } = expected;
  const findings = [
    ...outsideOf(names, view, isRecorded),
    ...insideOf(expected, view),
    ...findRuleFaults(expected, view),
  ];
  return findings.map(([code, text, command]) => ({
    code,
    subject: names.bridge,
    text,
    remedy: isRecorded
      ? `run "tproxy-setup up --bridge ${names.bridge}"`
      : command === undefined
      ? `the network driver made it, and makes it again when a VM is started on ${names.bridge}`
      : `run "${command}"`,
  }));
}

function outsideOf({ bridge, bridgeEnd }: BridgeNames, view: BridgeView, isRecorded: boolean): Finding[] {
  const { port, bridge: { mtu } } = view;
  if (port === undefined) return [["veth-missing", `the port ${bridgeEnd} is gone`]];
  const findings: Finding[] = [];
  if (port.master !== bridge) {
    const where = port.master === undefined ? "on no bridge" : `on ${printable(port.master)}`;
    findings.push(["veth-off-bridge", `${bridgeEnd} is ${where}`, `ip link set dev ${bridgeEnd} master ${bridge} up`]);
  }
  if (!port.up) findings.push(["veth-down", `${bridgeEnd} is down`, `ip link set dev ${bridgeEnd} up`]);
  // The network driver leaves its veth ends at 1500, whatever the bridge has.
  if (isRecorded && port.mtu !== mtu) findings.push(mtuFinding(bridgeEnd, port.mtu, mtu, `link set dev ${bridgeEnd}`));
  return findings;
}

function mtuFinding(end: string, found: number, wanted: number, command: string): Finding {
  return ["mtu-differs", `${end} has the MTU ${found}, and not ${wanted}`, `ip ${command} mtu ${wanted}`];
}

function insideOf(expected: Expected, view: BridgeView): Finding[] {
  const { netns, netnsPath } = expected.names;
  const { inside } = view;
  if (inside === undefined) return [];
  if (inside.state === "alive") return [...endOf(expected, view, inside), ...settingsOf(expected, inside)];
  const text = inside.state === "absent" ? `the namespace ${netns} is gone` : `${netnsPath} is no namespace`;
  return [["netns-missing", text]];
}

/** Finds settings with a wrong value. A setting that this kernel does not have is no fault. */
function settingsOf({ names: { netns }, sysctls }: Expected, inside: Alive): Finding[] {
  const differing = findDiffering(inside.sysctls, sysctls);
  if (differing.length === 0) return [];
  // The remedy sets all of them again, because some settings reset others.
  return [["sysctl-differs", `${differing.join(", ")} in ${netns}`, "tproxy restart"]];
}

function endOf({ names, isRecorded }: Expected, { bridge, port }: BridgeView, inside: Alive): Finding[] {
  const { netns, netnsEnd, netnsEndMac, bridgeEnd } = names;
  const end = inside.links.find(({ name }) => name === netnsEnd);
  if (end === undefined) return [["veth-missing", `${netnsEnd} is not in ${netns}`]];
  const findings: Finding[] = [];
  if (port !== undefined && (port.peerIndex !== end.index || end.peerIndex !== port.index)) {
    findings.push(["veth-missing", `${bridgeEnd} and ${netnsEnd} are not the ends of one pair`]);
  }
  const mtu = isRecorded ? bridge.mtu : port?.mtu ?? end.mtu;
  if (end.mtu !== mtu) findings.push(mtuFinding(netnsEnd, end.mtu, mtu, `-n ${netns} link set dev ${netnsEnd}`));
  if (isRecorded && end.address !== netnsEndMac) {
    findings.push(["mac-differs", `${netnsEnd} has the MAC address ${end.address}, and not ${netnsEndMac}`]);
  }
  if (!end.up) findings.push(["veth-down", `${netnsEnd} is down`, `ip -n ${netns} link set dev ${netnsEnd} up`]);
  if (!inside.addresses.get(netnsEnd)?.includes(`${GUEST_ADDRESS}/32`)) {
    const command = `ip -n ${netns} address replace ${GUEST_ADDRESS}/32 dev ${netnsEnd}`;
    findings.push(["address-missing", `${netnsEnd} does not have ${GUEST_ADDRESS}/32`, command]);
  }
  if (!inside.defaultDevices.includes(netnsEnd)) {
    const command = `ip -n ${netns} route replace default dev ${netnsEnd} scope link`;
    findings.push(["route-missing", `${netns} has no default route by ${netnsEnd}`, command]);
  }
  return findings;
}
