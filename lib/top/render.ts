/**
 * What `tproxy top` shows, as lines that fit on the screen. Pure.
 *
 * @module
 */

import { NOBODY } from "../commands/streams.ts";
import { renderBytes, renderDuration } from "../commands/streams_table.ts";
import { renderTable } from "../table.ts";
import type { Place } from "./keys.ts";
import type { BridgeRow, Measured, StreamRow } from "./measure.ts";

/** How large a terminal is, in characters. */
export interface Size {
  /** Its width. */
  readonly columns: number;
  /** Its height. */
  readonly rows: number;
}

/** A line of the screen. */
export interface Line {
  /** Its text: printable ASCII, no longer than the screen is wide. */
  readonly text: string;
  /** Whether it is the selected one or the head of a table, and stands out. */
  readonly isMarked: boolean;
}

const OF_BRIDGES = ["bridge", "streams", "up/s", "down/s", "refused", "failed", "connect"];
const OF_STREAMS = ["guest", "port", "open for", "up", "down", "up/s", "down/s", "state", "vm"];

/** The lines of a screen that no list has: title, note, head and keys. */
const FRAME = 4;

/**
 * Tells how many lines of a list fit on the screen.
 *
 * @param size How large it is.
 * @returns How many; at least 1.
 */
export function pageOf({ rows }: Size): number {
  return Math.max(1, rows - FRAME);
}

/**
 * Chooses the streams of the bridge that is open.
 *
 * @param measured What was measured.
 * @param place Where the reader is.
 * @returns The streams.
 */
export function streamsAt({ streams }: Measured, { opened }: Place): StreamRow[] {
  return streams.filter(({ bridge }) => bridge === opened);
}

/**
 * Renders the screen.
 *
 * @param measured What was measured.
 * @param place Where the reader is.
 * @param size How large the screen is.
 * @returns Its lines from the top, no more than it has.
 */
export function renderScreen(measured: Measured, place: Place, size: Size): Line[] {
  const { at, bridges, streams, omitted } = measured;
  const title = place.opened === undefined
    ? `tproxy top  bridges: ${bridges.length}  streams: ${streams.length + omitted}`
    : `tproxy top  ${place.opened}  streams: ${streamsAt(measured, place).length}`;
  const [head = "", ...list] = place.opened === undefined
    ? renderBridges(bridges)
    : renderTable([OF_STREAMS, ...streamsAt(measured, place).map((row) => cellsOf(row, at))]);
  const page = pageOf(size);
  const selected = Math.min(place.line, list.length - 1);
  const from = Math.max(0, selected - page + 1);
  const shown = Array.from({ length: page }, (_, i) => list[from + i] ?? "");
  const keys = place.opened === undefined ? "Up/Down select  Enter open  q quit" : "Up/Down select  Esc back  q quit";
  return [
    lineOf(`${title}  ${new Date(at).toISOString().slice(11, 19)} UTC`, false, size),
    lineOf(notesOf(measured)[0] ?? "", false, size),
    lineOf(head, true, size),
    ...shown.map((text, i) => lineOf(text, from + i === selected, size)),
    lineOf(keys, false, size),
  ].slice(0, size.rows);
}

/**
 * Renders the table of bridges.
 *
 * @param bridges The bridges.
 * @returns The head, and a line for each.
 */
export function renderBridges(bridges: readonly BridgeRow[]): string[] {
  return renderTable([
    OF_BRIDGES,
    ...bridges.map(({ bridge, streams, upRate, downRate, refused, failed, connectSeconds }) => [
      bridge,
      `${streams}`,
      rate(upRate),
      rate(downRate),
      `${refused ?? "-"}`,
      `${failed ?? "-"}`,
      connectSeconds === undefined ? "-" : `${(connectSeconds * 1000).toFixed(1)}ms`,
    ]),
  ]);
}

/**
 * Tells what is missing in what is shown.
 *
 * @param measured What was measured.
 * @returns A line for each thing that is, the gravest first.
 */
export function notesOf({ outers, failures, omitted }: Measured): string[] {
  const nobody = outers + failures.length === 0 ? [NOBODY] : [];
  return [...failures, ...nobody, ...(omitted === 0 ? [] : [`${omitted} more streams are not listed`])];
}

function cellsOf(
  { guest, guestPort, servicePort, since, up, down, upRate, downRate, state, vm }: StreamRow,
  now: number,
): string[] {
  const age = renderDuration(Math.max(0, now - since));
  return [
    `${guest}:${guestPort}`,
    `${servicePort}`,
    age,
    renderBytes(up),
    renderBytes(down),
    rate(upRate),
    rate(downRate),
    state,
    `${vm ?? "-"}`,
  ];
}

function rate(bytes: number | undefined): string {
  return bytes === undefined ? "-" : renderBytes(Math.round(bytes));
}

/** All that a proxy has written was checked when it was read. This keeps the terminal safe if that ever fails. */
function lineOf(text: string, isMarked: boolean, { columns }: Size): Line {
  return { text: text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, columns), isMarked };
}
