/**
 * The table of streams for people. Pure.
 *
 * @module
 */

import { renderTable } from "../table.ts";
import type { VmStream } from "./streams.ts";

const HEAD = ["id", "bridge", "guest", "port", "remote", "since", "idle", "up", "down", "state"];

/** Where no hook tells of VMs, nobody wants two empty columns. */
const OF_VMS = ["vm", "network"];

/** How much of a network's name is shown, in UTF-16 units. */
const NAME_WIDTH = 20;

/**
 * Renders streams.
 *
 * @param streams The streams.
 * @returns A table with a row for each; empty if there is none. If the VM of any is known, it has columns for VM and
 * network.
 */
export function renderStreams(streams: readonly VmStream[]): string {
  if (streams.length === 0) return "";
  const isKnown = streams.some(({ vm }) => vm !== undefined);
  const rows = streams.map((stream) => [...renderStream(stream), ...(isKnown ? renderVm(stream) : [])]);
  return renderTable([[...HEAD, ...(isKnown ? OF_VMS : [])], ...rows]).join("\n");
}

function renderVm({ vm, network }: VmStream): string[] {
  return [`${vm ?? "-"}`, network?.slice(0, NAME_WIDTH) ?? "-"];
}

function renderStream(stream: VmStream): string[] {
  const { id, bridge, guest, guestPort, servicePort, remoteAddr, remotePort, since, idleMs, up, down, state } = stream;
  return [
    id,
    bridge,
    `${guest}:${guestPort}`,
    `${servicePort}`,
    `${remoteAddr}:${remotePort}`,
    new Date(since).toISOString().replace(/\.\d+/, ""),
    renderDuration(idleMs),
    renderBytes(up),
    renderBytes(down),
    state,
  ];
}

/**
 * Writes a duration in its largest unit.
 *
 * @param ms The duration, in milliseconds.
 * @returns For example `12s`, `4m`, `3h` or `8d`.
 */
export function renderDuration(ms: number): string {
  const units = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "m"]] as const;
  const [size, unit] = units.find(([size]) => ms >= 2 * size) ?? [1_000, "s"];
  return `${Math.floor(ms / size)}${unit}`;
}

/**
 * Writes a number of bytes in three or four digits.
 *
 * @param bytes How many.
 * @returns For example `812`, `1.5K`, `20M`: a unit is 1024 of the one before.
 */
export function renderBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["", "K", "M", "G", "T"]) {
    if (value < 1000 || unit === "T") {
      return `${unit === "" || value >= 10 ? Math.floor(value) : value.toFixed(1)}${unit}`;
    }
    value /= 1024;
  }
  return `${bytes}`;
}
