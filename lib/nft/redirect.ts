/**
 * Redirecting packets to the proxy that a guest sends to its gateway: the rules, and the set of service ports that they
 * look up. Pure.
 *
 * WHY a set of its own: the map `ep_<br>` is in a table of another family, so a rule of the bridge family can't look it
 * up.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import { GUEST_ADDRESS, PROBE_PORT, REDIRECT_MAC, TPROXY } from "../names.ts";
import type { BridgeNames } from "../names_of.ts";
import { type BridgeForm, fromOurEnd, KINDS_OF_GUESTS, otherBridges } from "./matches.ts";

/**
 * Lists the rules that redirect TCP to the guest-facing address and a service port. A guest without a route to that
 * address sends the packet to the MAC address of its gateway. The rules set the destination to the MAC address of the
 * proxy, so the guest needs no route.
 *
 * Without `meta ibrname`, a rule can't tell which bridge a packet is on. The rules then set {@linkcode REDIRECT_MAC}.
 * The bridge knows no port for that address and floods the packet to all ports. `port_<br>` accepts it at our veth end
 * only, and sets the MAC address of the proxy there.
 *
 * WHY the priority of destination NAT: filters in this hook run later and see the new destination.
 *
 * @param names The bridge's names.
 * @param form Which rendering the kernel takes.
 * @returns The rules of `redirect_<br>`, in the prerouting hook.
 */
export function redirectRules(names: BridgeNames, form: BridgeForm): string[] {
  return [
    ...(form === "ibrname" ? [otherBridges(names)] : []),
    fromOurEnd(names, form),
    // The proxy accepts no tagged frames; portRules() says why.
    "ether type != ip accept",
    `ip daddr != ${GUEST_ADDRESS} accept`,
    // The probe has a route to the address. What is redirected by flooding, the rules drop and count at the other ports.
    `iifname "${PROBE_PORT}" accept`,
    // Hosts behind an uplink use their own gateways. Only guests of this host are redirected.
    `meta iifkind != ${KINDS_OF_GUESTS} accept`,
    `tcp dport @${names.redirected} ether daddr set ${form === "ibrname" ? names.netnsEndMac : REDIRECT_MAC}`,
  ];
}

/**
 * Lists the service ports that are redirected.
 *
 * @param endpoints The endpoints of a bridge.
 * @returns The ports of those that do not have `redirect` set to `false`.
 */
export function redirectedPorts(endpoints: readonly Endpoint[]): number[] {
  return endpoints.filter(({ options }) => options?.redirect !== false).map(({ servicePort }) => servicePort);
}

/**
 * Renders the commands that fill the set with the redirected ports of some endpoints, whatever it held before.
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
