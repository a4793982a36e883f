/**
 * Raw Ethernet frames: made byte by byte, and sent by Perl, since Deno has no packet sockets.
 *
 * @module
 */

import type { Host } from "./host.ts";

const SENDER = new URL("../fixtures/frames.pl", import.meta.url).pathname;
const TAP = new URL("../fixtures/tap.pl", import.meta.url).pathname;

/** The address of all hosts of a network. */
export const EVERYBODY = "ff:ff:ff:ff:ff:ff";

/** A VLAN tag. */
export interface Tag {
  /** Its EtherType. */
  readonly type: number;
  /** The VLAN; 0 if the tag has only a priority. */
  readonly id: number;
  /** 0 to 7. */
  readonly priority?: number;
}

/** The payload of a frame. */
export interface Payload {
  /** Its EtherType; `undefined` for what begins with an LLC header, which has a length in that place. */
  readonly type: number | undefined;
  /** Its bytes, in hexadecimal. */
  readonly hex: string;
}

/** A host's addresses of layer 2 and layer 3. */
export interface Party {
  readonly mac: string;
  readonly ip: string;
}

/** A tag of IEEE 802.1Q. */
export function dot1q(id: number, priority = 0): Tag {
  return { type: 0x8100, id, priority };
}

/** A tag of IEEE 802.1ad. */
export function dot1ad(id: number, priority = 0): Tag {
  return { type: 0x88a8, id, priority };
}

/** Makes a frame. */
export function frame(to: string, from: string, tags: readonly Tag[], { type, hex: bytes }: Payload): string {
  const inner = tags.map((tag) => hex(tag.type, 2) + hex((tag.priority ?? 0) << 13 | tag.id, 2)).join("");
  return mac(to) + mac(from) + inner + hex(type ?? bytes.length / 2, 2) + bytes;
}

/** Makes a packet of ARP; RFC 826. */
export function arp(operation: "request" | "reply", sender: Party, target: Party): Payload {
  const code = operation === "request" ? 1 : 2;
  const head = hex(1, 2) + hex(0x0800, 2) + "0604" + hex(code, 2);
  return { type: 0x0806, hex: head + mac(sender.mac) + ip(sender.ip) + mac(target.mac) + ip(target.ip) };
}

/** Makes an IPv4 packet with a UDP header, to the discard port unless told, and nothing in it; RFC 791, RFC 768. */
export function udp(from: string, to: string, port = 9): Payload {
  return ipv4(from, to, 17, `0009${hex(port, 2)}00000000`);
}

/** Makes an IPv4 packet with the header of TCP that asks for a connection, without checksum; RFC 9293. */
export function syn(from: string, to: string, port: number): Payload {
  return ipv4(from, to, 6, `9c40${hex(port, 2)}00000001000000005002faf000000000`);
}

function ipv4(from: string, to: string, protocol: number, payload: string): Payload {
  const length = hex(20 + payload.length / 2, 2);
  const header = (checksum: number) =>
    `4500${length}0000400040${hex(protocol, 1)}${hex(checksum, 2)}${ip(from)}${ip(to)}`;
  const words = header(0).match(/..../g) ?? [];
  const sum = words.reduce((total, word) => total + parseInt(word, 16), 0);
  const folded = (sum & 0xffff) + (sum >> 16);
  return { type: 0x0800, hex: `${header(~folded & 0xffff)}${payload}`.padEnd(80, "0") };
}

/** Puts a packet behind an LLC header and a SNAP header; RFC 1042. */
export function snap({ type, hex: bytes }: Payload): Payload {
  return { type: undefined, hex: `aaaa03000000${hex(type ?? 0, 2)}${bytes}` };
}

/** Sends frames out of a host's device, in this order. */
export async function sendFrames(host: Host, device: string, frames: readonly string[]): Promise<void> {
  const [link] = JSON.parse(await host.text(["ip", "-j", "link", "show", "dev", device]));
  await host.text(["perl", SENDER, String(link.ifindex)], frames.map((frame) => `${frame}\n`).join(""));
}

/**
 * Plays a virtual machine: sends a frame out of its side of a tap device, and returns the first one that comes from a
 * certain MAC address.
 */
export async function exchange(host: Host, device: string, frame: string, from: string): Promise<string> {
  return (await host.text(["timeout", "20", "perl", TAP, device, mac(from)], `${frame}\n`)).trim();
}

function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(bytes * 2, "0");
}

function mac(text: string): string {
  return text.replaceAll(":", "");
}

function ip(text: string): string {
  return text.split(".").map((byte) => hex(Number(byte), 1)).join("");
}
