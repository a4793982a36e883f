/**
 * The part of a hypervisor's kernel state that is ours, in a form to compare; and ways to damage it.
 *
 * @module
 */

import { RUN_FILES } from "../../lib/paths.ts";
import type { Host } from "./host.ts";
import type { Hypervisor } from "./hypervisor.ts";

/** What nft lists of the sets that the kernel fills, as guests come and go. */
const SEEN = /(?<=set (?:senders|newcomers) [^}]*)\n\t\telements = \{[^}]*\}/g;

/** What rules have counted. */
const COUNTED = /(?<=counter) packets \d+ bytes \d+/g;

/** All rules in nft, without what they have counted. */
export async function rulesOf(host: Host): Promise<string> {
  return (await host.text(["nft", "list", "ruleset"])).replaceAll(COUNTED, "");
}

/** The result of {@linkcode stateOf} on a host without anything of ours. */
export const NOTHING = ["", "", ""];

/** All of our kernel state, in a form that is equal if and only if the state is. */
export async function stateOf({ host }: Hypervisor): Promise<string[]> {
  const listed = (await host.text(["ip", "netns", "list"])).trim();
  const names = listed === "" ? [] : listed.split("\n").map((line) => line.split(" ")[0] ?? "").toSorted();
  const sysctls = ["net.ipv4.conf.all.arp_ignore", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_forward"];
  const inside = names.flatMap((netns) => [
    ["ip", "-n", netns, "-d", "link", "show"],
    ["ip", "-n", netns, "-4", "address", "show"],
    ["ip", "-n", netns, "route", "show"],
    ["ip", "netns", "exec", netns, "sysctl", ...sysctls],
  ]);
  const all = [["ip", "-o", "link", "show", "type", "veth"], ...inside];
  const texts = await Promise.all([rulesOf(host), ...all.map((argv) => host.text(argv))]);
  // The uplink to the lab is not ours, timers run, and the kernel reports a carrier with a delay.
  const passing = /^.*eth0.*\n|(?<=_timer +)[\d.]+|NO-CARRIER,|,LOWER_UP|(?<=state )(?:UP|DOWN|LOWERLAYERDOWN)/gm;
  return [names.join(" "), ...texts.map((text) => text.replaceAll(SEEN, "").replaceAll(passing, ""))];
}

/**
 * The same without the numbers of devices, which differ after a device is made again, and without the order of lines.
 */
export function numberless(state: string[]): string[] {
  return state.map((text) => {
    const lines = text.replaceAll(/^\d+: |(?<=@if)\d+|(?<=link-netnsid )\d+/gm, "#").split("\n");
    // A set's elements have no order, either, and several are on one line.
    return lines.map((line) => line.replaceAll(/elements = \{|[,}]/g, "").trim()).toSorted().join("\n");
  });
}

/** Takes the record away, and br0's copy of it, so that br0 looks like a bridge that the network driver has made. */
export async function forget(host: Host): Promise<void> {
  await host.text(["rm", RUN_FILES.setupRecord]);
  await host.text(["nft", "delete", "set", "bridge", "one_tproxy", "record_br0"]);
}

/** Ways to damage a bridge's state, as an operator at a shell might. */
export const DAMAGES: Readonly<Record<string, string[][]>> = {
  "the veth pair is gone": [["ip", "link", "delete", "dev", "br0b"]],
  "the namespace is gone": [["ip", "netns", "delete", "one_tproxy_br0"]],
  "the namespace is a leftover file": [
    ["ip", "netns", "delete", "one_tproxy_br0"],
    ["touch", "/run/netns/one_tproxy_br0"],
  ],
  "the inner end is in the host's namespace": [
    ["ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "netns", "1"],
  ],
  "the outer end has another name": [
    ["ip", "link", "set", "dev", "br0b", "down"],
    ["ip", "link", "set", "dev", "br0b", "name", "gone0"],
  ],
  "the inner end is in the host's namespace, and the outer end has another name": [
    ["ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "netns", "1"],
    ["ip", "link", "set", "dev", "br0b", "down"],
    ["ip", "link", "set", "dev", "br0b", "name", "gone0"],
  ],
  "the namespace forwards": [
    ["ip", "netns", "exec", "one_tproxy_br0", "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
  ],
  "the outer end left the bridge": [["ip", "link", "set", "dev", "br0b", "nomaster"]],
  "the outer end is down": [["ip", "link", "set", "dev", "br0b", "down"]],
  "the address is gone": [["ip", "-n", "one_tproxy_br0", "address", "flush", "dev", "br0a"]],
  "the inner end is down, so its route is gone": [["ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "down"]],
  "the map is empty": [["nft", "flush", "map", "ip", "one_tproxy", "ep_br0"]],
  "a foreign element is in the map": [
    ["nft", "add", "element", "ip", "one_tproxy", "ep_br0", "{ 99 : 10.0.0.1 . 99 }"],
  ],
  "the chain is empty": [["nft", "flush", "chain", "bridge", "one_tproxy", "ch_br0"]],
  "all rules are gone": [["nft", "flush", "ruleset"]],
  "the sysctl is back at its default": [
    ["ip", "netns", "exec", "one_tproxy_br0", "sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=1"],
  ],
};
