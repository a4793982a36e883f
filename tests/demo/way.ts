/**
 * The way of a guest's request, in the picture of the lab. Pure.
 *
 * @module
 */

/** The lab, and the way of a request in it. */
export const PICTURE = `
  guest1 192.168.150.11                    hv1                       onegate 10.11.12.13:5030
     │  http://169.254.16.9:5030  ┌─────────────────────┐                      ▲
     └──── br0 ──── br0b═br0a ───▶│ one_tproxy_br0      │                      │
            │                     │   │  UNIX socket    │                      │
          cable                   │   ▼                 │                      │
            │                     │ one_tproxy ─────────┼──────────────────────┤
     ┌──── br0 ──── br0b═br0a     └─────────────────────┘                      │
     │                   └──────▶ hv2: the same ───────────────────────────────┘
  guest2 192.168.150.12`;

const LINES = PICTURE.split("\n");

/** A part of the picture: a line, its first column, and how many columns it has. */
type Part = readonly [line: number, column: number, length: number];

function part(line: number, text: string): Part {
  const column = LINES[line]?.indexOf(text) ?? -1;
  if (column === -1) throw new Error(`The picture has no ${text} in line ${line}`);
  return [line, column, text.length];
}

/** The column that leads up to the service, from a line on; and the service. */
function upFrom(line: number): Part[] {
  const [, column] = part(2, "▲");
  const up = Array.from({ length: line - 1 }, (_, i): Part => [2 + i, column, 1]);
  return [...up, part(1, "onegate 10.11.12.13:5030")];
}

/** What a guest's request passes, one after the other: the guest, its bridge, inner, the string, outer, the service. */
const WAYS: Readonly<Record<string, readonly (readonly Part[])[]>> = {
  guest1: [
    [part(1, "guest1 192.168.150.11"), part(2, "│  http://169.254.16.9:5030")],
    [part(3, "└──── br0 ──── br0b═br0a ───▶")],
    [part(3, "one_tproxy_br0")],
    [part(4, "│  UNIX socket"), part(5, "▼")],
    [part(6, "one_tproxy ─────────┼──────────────────────┤")],
    upFrom(5),
  ],
  guest2: [
    [part(9, "guest2 192.168.150.12"), part(8, "│")],
    [part(7, "┌──── br0 ──── br0b═br0a"), part(8, "└──────▶")],
    [part(8, "hv2: the same")],
    [],
    [part(8, "───────────────────────────────┘")],
    upFrom(7),
  ],
};

/** How many places a request passes. */
export const HOPS = 6;

/**
 * Draws the picture with a part of a request's way lit.
 *
 * @param guest Whose request it is.
 * @param hops How many places it has passed.
 * @param light Makes a text stand out.
 * @returns The lines.
 */
export function litPicture(guest: string, hops: number, light: (text: string) => string): string[] {
  const passed = (WAYS[guest] ?? []).slice(0, hops).flat();
  return LINES.map((line, number) => {
    // From the right, since colours move what stands behind them.
    const own = passed.filter(([of]) => of === number).toSorted(([, a], [, b]) => b - a);
    return own.reduce((text, [, column, length]) => {
      return text.slice(0, column) + light(text.slice(column, column + length)) + text.slice(column + length);
    }, line);
  });
}
