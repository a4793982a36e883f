/**
 * A VM as OpenNebula's network drivers describe it to their hooks.
 *
 * @module
 */

/** What the driver gives its hooks. */
export function base64(xml: string): string {
  return new TextEncoder().encode(xml).toBase64() + "\n";
}

/** The NIC of a VM: its bridge, the ID of its network, and its address if OpenNebula gives it one. */
type Nic = [bridge: string, network: string, address?: string];

/** The VM 42 with these NICs. */
export function vm(...nics: Nic[]): string {
  return vmOf(42, ...nics);
}

/** A VM with these NICs. */
export function vmOf(vmId: number, ...nics: Nic[]): string {
  const elements = nics.map(([bridge, id, address], at) =>
    `<NIC><NIC_ID>${at}</NIC_ID><BRIDGE>${bridge}</BRIDGE><BRIDGE_TYPE>linux</BRIDGE_TYPE><NETWORK>vnet${id}</NETWORK>` +
    `<NETWORK_ID>${id}</NETWORK_ID><PHYDEV>uplink0</PHYDEV><TARGET>one-${vmId}-${at}</TARGET>${
      address === undefined ? "" : `<IP>${address}</IP>`
    }</NIC>`
  );
  return base64(`<VM><ID>${vmId}</ID><TEMPLATE>${elements.join("")}</TEMPLATE></VM>`);
}
