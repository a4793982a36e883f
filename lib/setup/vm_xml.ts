/**
 * Reading the NICs from a VM's XML, as the network drivers pass it to their hooks. It finds the NICs that can have a
 * proxy, and the reason why the others can't. Pure.
 *
 * @module
 */

import { isIpv4 } from "../address.ts";
import type { Network } from "../config/select.ts";
import { describe, InputError } from "../errors.ts";
import { type BridgeName, parseBridgeName, UNNAMED_NETWORK } from "../names.ts";
import { parseXml, type XmlElement } from "./xml.ts";

/** A NIC on a Linux bridge. */
export interface Nic {
  /** `NIC_ID`, for messages. */
  readonly id: string;
  /** `BRIDGE`. */
  readonly bridge: BridgeName;
  /** `NETWORK` and `NETWORK_ID`; {@linkcode UNNAMED_NETWORK} if it has neither. */
  readonly network: Network;
  /** `IP`: the address that the guest has got; missing if OpenNebula gives it none. */
  readonly address?: string;
  /**
   * Ports of the bridge that belong to no other guest: the NIC's own port (`TARGET`) and the uplink (`PHYDEV` and its
   * VLAN device).
   */
  readonly ownPorts: readonly string[];
}

/** A NIC that gets no proxy. */
export interface SkippedNic {
  /** `NIC_ID`, for messages. */
  readonly id: string;
  /** Why: one line, without a full stop. */
  readonly reason: string;
  /** Whether the reason is a mistake that somebody should correct. */
  readonly isWrong: boolean;
}

/** A VM's NICs, in the order of its XML. If a NIC is being attached or detached, only that one. */
export interface VmNics {
  /** `ID` of the VM; missing if it has none. */
  readonly vm?: number;
  /** Those that can have a proxy. */
  readonly nics: readonly Nic[];
  /** The others. */
  readonly skipped: readonly SkippedNic[];
}

/** The network drivers that put guests on Linux bridges. They are used only if the NIC has no `BRIDGE_TYPE`. */
const BRIDGE_DRIVERS: ReadonlySet<string> = new Set(["bridge", "fw", "ebtables", "802.1q", "vxlan"]);

/** The elements of network devices in a VM's template. */
const DEVICES: ReadonlySet<string> = new Set(["NIC", "NIC_ALIAS", "PCI"]);

/**
 * Reads the NICs that an action concerns. When a VM starts or ends, these are all its NICs. When a NIC of a running VM
 * is attached or detached, the XML still lists all of them, and only the one with `ATTACH` counts.
 *
 * @param xml The VM's description.
 * @returns The NICs on Linux bridges, and the others with the reason.
 * @throws {InputError} If it is not well-formed XML, or not the XML of a VM.
 */
export function parseVmNics(xml: string): VmNics {
  const vm = parseXml(xml);
  const template = vm.name === "VM" ? vm.children.find(({ name }) => name === "TEMPLATE") : undefined;
  if (template === undefined) {
    throw new InputError("The XML is not a VM's: it has no VM/TEMPLATE", "see that the network driver calls the hook");
  }
  const devices = template.children.filter(({ name }) => DEVICES.has(name));
  const attached = devices.filter((device) => valueIn(device, "ATTACH") === "YES");
  const all = (attached.length > 0 ? attached : devices).map(toNic).filter((nic) => nic !== undefined);
  const vmId = valueIn(vm, "ID") ?? "";
  return {
    ...(/^\d{1,10}$/.test(vmId) ? { vm: Number(vmId) } : {}),
    nics: all.filter((nic) => "bridge" in nic),
    skipped: all.filter((nic) => "reason" in nic),
  };
}

/** Gets the text of a child element without surrounding white space; `undefined` if there is none. */
function valueIn(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text.trim() || undefined;
}

/** Reads a device. The result is `undefined` for a PCI device that is not a NIC. */
function toNic(element: XmlElement): Nic | SkippedNic | undefined {
  const value = (name: string) => valueIn(element, name);
  const number = (name: string) => /^\d{1,10}$/.test(value(name) ?? "") ? String(Number(value(name))) : undefined;
  const id = number("NIC_ID") ?? "unknown";
  const skip = (reason: string, isWrong = false): SkippedNic => ({ id, reason, isWrong });
  if (element.name === "NIC_ALIAS") return skip("it is an alias of another NIC, and has no port of its own");
  if (element.name === "PCI") return value("TYPE") === "NIC" ? skip("it is a PCI device, and on no bridge") : undefined;

  const name = value("BRIDGE");
  if (name === undefined) return skip("it is on no bridge");
  const other = otherThanLinux(value("BRIDGE_TYPE"), value("VN_MAD"));
  if (other !== undefined) return skip(other);
  const [network, networkId] = [value("NETWORK"), number("NETWORK_ID")];
  if (network === undefined && networkId === undefined && value("NETWORK_ID") !== undefined) {
    return skip(`its network has no name, and the ID ${JSON.stringify(value("NETWORK_ID"))}`, true);
  }
  const [phydev, vlan, address] = [value("PHYDEV"), value("VLAN_ID"), value("IP")];
  const vlanDevice = phydev !== undefined && vlan !== undefined ? `${phydev}.${vlan}` : undefined;
  try {
    return {
      id,
      bridge: parseBridgeName(name),
      network: network === undefined && networkId === undefined ? UNNAMED_NETWORK : {
        ...(network === undefined ? {} : { name: network }),
        ...(networkId === undefined ? {} : { id: networkId }),
      },
      ...(isIpv4(address) ? { address } : {}),
      ownPorts: [value("TARGET"), phydev, vlanDevice].filter((port) => port !== undefined),
    };
  } catch (error) {
    return skip(describe(error), true);
  }
}

/** Gives the reason if a bridge is not a Linux bridge. */
function otherThanLinux(bridgeType: string | undefined, driver: string | undefined): string | undefined {
  const [type, mad] = [bridgeType?.toLowerCase(), driver?.toLowerCase()];
  if (mad?.startsWith("ovswitch")) return `its driver is ${JSON.stringify(driver)}, which makes no Linux bridges`;
  if (type !== undefined) {
    return type === "linux" ? undefined : `its bridge is of the type ${JSON.stringify(bridgeType)}`;
  }
  if (mad !== undefined && BRIDGE_DRIVERS.has(mad)) return undefined;
  return `its bridge has no type, and its driver is ${mad === undefined ? "missing" : JSON.stringify(driver)}`;
}
