/**
 * The guest that was asked for. Pure.
 *
 * @module
 */

import { GUEST_ADDRESS } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { guestPortsOf } from "../netns/ports.ts";
import { orElse } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { findDrop } from "./filter.ts";
import { broken, type Finding, ok, skipped, unknown } from "./finding.ts";

/** The ports of bridges at which the guest may be. */
function portsOfGuest({ bridges, links, scope }: Facts): string[] {
  if (!links.known) return [];
  return [...bridges].flatMap(([bridge, { guest }]) => {
    const ports = guestPortsOf(links.value, bridge);
    // If no guest was asked for, the ports of all guests count.
    return scope.guest === undefined ? ports : ports.filter((port) => guest?.known && guest.value.ports.includes(port));
  });
}

/** Judges where the guest is, and whether the proxy has heard of it. */
export function judgeGuest(facts: Facts): Finding[] {
  const { bridges, scope: { guest: address } } = facts;
  if (address === undefined) return [skipped("guest", "name one with --guest ADDRESS")];
  const known = [...bridges].flatMap(([bridge, { guest }]) => guest?.known ? [{ bridge, ...guest.value }] : []);
  const failed = [...bridges.values()].flatMap(({ guest }) => guest === undefined || guest.known ? [] : guest.why);
  const found = known.find(({ mac }) => mac !== undefined);
  if (found === undefined) {
    if (known.length === 0) return [unknown(address, failed[0] ?? "no bridge has a proxy")];
    const command = `ip route replace ${GUEST_ADDRESS} dev eth0`;
    return [broken(
      address,
      known.some(({ state }) => state !== undefined)
        ? "it does not answer ARP"
        : `the proxy has not heard from it: no packet for ${GUEST_ADDRESS} has come, or the guest has another address`,
      `see "ip address" and "ip route get ${GUEST_ADDRESS}" in the guest; without a route, run "${command}" there`,
    )];
  }
  const { bridge, mac, ports } = found;
  if (ports.length === 0) {
    return [
      broken(address, `no port of ${bridge} has seen its MAC address ${mac}`, `see "bridge fdb show br ${bridge}"`),
    ];
  }
  const wrong = ports.filter((port) => !portsOfGuest(facts).includes(port));
  if (wrong.length > 0) {
    const text = `it is behind ${wrong.join(", ")}, which is no guest's port: it is on another host, or not a VM`;
    return [broken(address, text, `run "tproxy doctor" on the hypervisor that it runs on`)];
  }
  return [ok(address, `${mac} at ${ports.join(", ")} of ${bridge}`), ...judgePorts(ports, facts)];
}

/** Judges whether a guest's port is up. */
function judgePorts(ports: readonly string[], { links }: Facts): Finding[] {
  return ports.flatMap((port) => {
    const link = links.known ? links.value.find(({ name }) => name === port) : undefined;
    return link === undefined || link.up ? [] : [broken(port, "the port is down", `run "ip link set dev ${port} up"`)];
  });
}

/** Judges whether a filter of somebody else, such as a security group, drops what guests send to a service port. */
export function judgeFilters(facts: Facts): Finding[] {
  const { ruleset, endpoints, links, callsIptables, scope: { guest } } = facts;
  if (!ruleset.known) return [unknown("filters", ruleset.why)];
  if (!links.known) return [unknown("filters", links.why)];
  const ports = portsOfGuest(facts);
  if (ports.length === 0) {
    return [skipped("filters", guest === undefined ? "no guest is there" : "the guest's port is not known")];
  }
  const dropped = [...endpoints].flatMap(([bridge, served]) => {
    const { bridgeEnd } = namesOf(bridge);
    const own = ports.filter((port) => links.value.some(({ name, master }) => name === port && master === bridge));
    return own.flatMap((port) =>
      served.flatMap(({ servicePort }) => {
        const drop = findDrop(ruleset.value, {
          ...{ from: port, to: bridgeEnd, bridge, port: servicePort },
          callsIptables: orElse(callsIptables, false),
        });
        return drop === undefined ? [] : [{ port, servicePort, ...drop }];
      })
    );
  });
  if (dropped.length === 0) return [ok("filters", "no other rule is known to drop what guests send to the proxy")];
  return [...Map.groupBy(dropped, ({ port, chain }) => `${port} ${chain}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const services = [...new Set(group.map(({ servicePort }) => servicePort))].join(", ");
    const remedy = first.chain.startsWith("bridge ")
      ? `see "nft list chain ${first.chain}"; if it is a security group, add a rule that lets TCP ${services} ${first.way}`
      : `see "nft list chain ${first.chain}"; let TCP ${services} through there, or, if no filter of yours is for bridges, ` +
        `run "sysctl net.bridge.bridge-nf-call-iptables=0"`;
    return [broken(first.port, `the chain ${first.chain} drops what it ${first.verb} for ${services}`, remedy)];
  });
}
