/**
 * Redirecting to the proxy what a guest sends to its gateway: the rules, and the set of service ports that they look up. Pure.
 *
 * WHY a set of its own: the map `ep_<br>` is in a table of another family, and no rule of the bridge family can look it up.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { type BridgeNames, GUEST_ADDRESS, REDIRECT_MAC, TPROXY } from "../names.ts";
import { type BridgeForm, fromOurEnd, KINDS_OF_GUESTS, otherBridges } from "./matches.ts";

/**
 * Redirects TCP to the guest-facing address and a service port: a packet that a guest sends to the MAC address of its gateway
 * gets the MAC address of the proxy. So the guest needs no route of its own.
 *
 * Without `meta ibrname` a rule can't tell which bridge a packet is on. There the packet gets {@linkcode REDIRECT_MAC}. The
 * bridge knows no port for that address and floods the packet to all ports; `port_<br>` lets it through to our veth end alone,
 * and gives it the MAC address of the proxy there.
 *
 * WHY the priority of destination NAT: filters in this hook then see the packet as it goes on.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `redirect_<br>`, in the prerouting hook.
 */
export function redirectRules(names: BridgeNames, form: BridgeForm): string[] {
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    fromOurEnd(names, form),
    // Frames with a tag are not for the proxy, see portRules().
    "ether type != ip accept",
    `ip daddr != ${GUEST_ADDRESS} accept`,
    // Hosts beyond an uplink have gateways of their own, which are none of ours to replace.
    `meta iifkind != ${KINDS_OF_GUESTS} accept`,
    `tcp dport @${names.redirected} ether daddr set ${form === "ibrname" ? names.netnsEndMac : REDIRECT_MAC}`,
  ];
}

/**
 * Lists the service ports that guests reach without a route.
 *
 * @param endpoints The endpoints of a bridge.
 * @returns The ports of those that do not have `redirect` set to `false`.
 */
export function redirectedPorts(endpoints: readonly Endpoint[]): number[] {
  return endpoints.filter(({ options }) => options?.redirect !== false).map(({ servicePort }) => servicePort);
}

/**
 * Renders what makes the set hold the ports of some endpoints and no others.
 *
 * @param set The set's name.
 * @param endpoints The endpoints of a bridge.
 * @returns Commands for `nft -f -`.
 */
export function renderRedirected(set: string, endpoints: readonly Endpoint[]): string[] {
  const ports = redirectedPorts(endpoints);
  return [
    `add set bridge ${TPROXY} ${set} { type inet_service ; }`,
    `flush set bridge ${TPROXY} ${set}`,
    ...(ports.length === 0 ? [] : [`add element bridge ${TPROXY} ${set} { ${ports.join(", ")} }`]),
  ];
}
