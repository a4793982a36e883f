/**
 * A VM as OpenNebula's network drivers describe it to their hooks.
 *
 * @module
 */

/** What the driver gives its hooks. */
export function base64(xml: string): string {
  return new TextEncoder().encode(xml).toBase64() + "\n";
}

/** A VM with NICs on these bridges and networks. */
export function vm(...nics: [bridge: string, network: string][]): string {
  const elements = nics.map(([bridge, id], at) =>
    `<NIC><NIC_ID>${at}</NIC_ID><BRIDGE>${bridge}</BRIDGE><BRIDGE_TYPE>linux</BRIDGE_TYPE><NETWORK>vnet${id}</NETWORK>` +
    `<NETWORK_ID>${id}</NETWORK_ID><PHYDEV>uplink0</PHYDEV><TARGET>one-42-${at}</TARGET></NIC>`
  );
  return base64(`<VM><ID>42</ID><TEMPLATE>${elements.join("")}</TEMPLATE></VM>`);
}
