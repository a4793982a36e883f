/**
 * The links of a bridge: map, rules, port and namespace. The faults themselves are found by `lib/netns/faults.ts`.
 * Pure.
 *
 * @module
 */

import type { Fault } from "../fault.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { findBridgeFaults } from "../netns/faults.ts";
import { NETNS_SYSCTLS } from "../netns/sysctls.ts";
import { guestPortsOf } from "../netns/ports.ts";
import { NO_TABLE } from "../nft/fingerprint.ts";
import { findMissingInNft } from "../setup/missing_in_nft.ts";
import type { Facts } from "./facts.ts";
import { broken, type Finding, fromFault, ok, skipped, unknown } from "./finding.ts";

/** A link whose faults `findBridgeFaults()` finds. */
type BridgeLink = "map" | "rules" | "port" | "namespace";

/** The link that each fault belongs to. */
const LINK_OF: Readonly<Record<string, BridgeLink>> = {
  "map-missing": "map",
  "element-missing": "map",
  "redirect-missing": "map",
  "copy-missing": "map",
  "rules-missing": "rules",
  "rules-changed": "rules",
  "veth-missing": "port",
  "veth-off-bridge": "port",
  "veth-down": "port",
  "mtu-differs": "port",
  "mac-differs": "port",
  "netns-missing": "namespace",
  "address-missing": "namespace",
  "route-missing": "namespace",
  "sysctl-differs": "namespace",
};

const FINE: Readonly<Record<BridgeLink, (bridge: BridgeName) => string>> = {
  map: (bridge) => `the map ${namesOf(bridge).map} has every service`,
  rules: () => "the rules are those that were made",
  port: (bridge) => `${namesOf(bridge).bridgeEnd} is up and a port of it`,
  namespace: (bridge) => `${namesOf(bridge).netns} has address, route and settings`,
};

/**
 * Judges one of the links of every bridge.
 *
 * @param link The link.
 * @param facts What is known.
 * @returns A finding for each fault, and for each bridge that has none.
 */
export function judgeBridges(link: BridgeLink, facts: Facts): Finding[] {
  if (facts.bridges.size === 0) return [skipped("bridges", "none has a service")];
  return [...facts.bridges.keys()].flatMap((bridge) => {
    if (deviceOf(facts, bridge) === undefined) return [skipped(bridge, "there is no such bridge")];
    const why = whyUnknown(link, bridge, facts);
    if (why !== undefined) return [unknown(bridge, why)];
    const faults = faultsOf(bridge, facts).filter(({ code }) => LINK_OF[code] === link);
    return faults.length > 0 ? faults.map(fromFault) : [ok(bridge, FINE[link](bridge))];
  });
}

function whyUnknown(link: BridgeLink, bridge: BridgeName, { nft, table, applied, bridges }: Facts): string | undefined {
  const inside = bridges.get(bridge)?.inside;
  const needed =
    { map: [nft], rules: [table, applied], port: [], namespace: inside === undefined ? [] : [inside] }[link];
  return needed.flatMap((fact) => fact.known ? [] : fact.why)[0];
}

/** All faults of a bridge. Those of a link whose facts are not known mean nothing. */
function faultsOf(bridge: BridgeName, facts: Facts): Fault[] {
  const { record, nft, table, applied, links, bridges } = facts;
  const device = deviceOf(facts, bridge);
  if (device === undefined) return [];
  const names = namesOf(bridge);
  const networks = record.known ? record.value.bridges.get(bridge) : undefined;
  const rules = table.known ? table.value : NO_TABLE;
  const held = nft.known
    ? {
      elements: nft.value.maps.bridges.get(bridge),
      redirected: rules.sets.get(names.redirected),
      copy: nft.value.copies.get(bridge),
    }
    : undefined;
  const inside = bridges.get(bridge)?.inside;
  const isServed = facts.processes.known && facts.processes.value.daemons.some(({ role }) => role.bridge === bridge);
  return findBridgeFaults({
    names,
    isRecorded: networks !== undefined,
    applied: applied.known ? applied.value.get(bridge) : undefined,
    sysctls: networks !== undefined || isServed ? NETNS_SYSCTLS : [],
  }, {
    bridge: device,
    port: links.known ? links.value.find(({ name }) => name === names.bridgeEnd) : undefined,
    inside: inside?.known ? inside.value : undefined,
    missing: held === undefined ? undefined : findMissingInNft(names, networks, held),
    table: rules,
  });
}

function deviceOf({ links }: Facts, bridge: BridgeName) {
  return links.known ? links.value.find(({ name, kind }) => name === bridge && kind === "bridge") : undefined;
}

/** Judges the bridges themselves. */
export function judgeDevices(facts: Facts): Finding[] {
  const { links, bridges, scope } = facts;
  if (!links.known) return [unknown("bridges", links.why)];
  if (bridges.size === 0) return [skipped("bridges", "none has a service")];
  return [...bridges.keys()].map((bridge) => {
    const device = deviceOf(facts, bridge);
    if (device === undefined) {
      const text = "there is no such bridge; the network driver makes it for its first guest";
      return scope.bridge === undefined
        ? skipped(bridge, text)
        : broken(bridge, text, `see "ip link show type bridge", and start a VM on ${bridge}`);
    }
    if (!device.up) return broken(bridge, "the bridge is down", `run "ip link set dev ${bridge} up"`);
    const ports = guestPortsOf(links.value, bridge);
    return ok(bridge, ports.length === 0 ? "it has no guest" : `guests at ${ports.join(", ")}`);
  });
}
