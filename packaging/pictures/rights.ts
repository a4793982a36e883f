/**
 * Which program may do what, as a picture of the tables in `lib/permissions/`. Pure.
 *
 * @module
 */

import type { Permissions } from "../../lib/permissions/permissions.ts";
import { svg, text } from "./svg.ts";

/** What a permission is about, by its value; the first pattern that matches counts. */
const THINGS: readonly (readonly [thing: string, pattern: RegExp])[] = [
  ["guests: 169.254.16.9", /^169\.254\.16\.9$/],
  ["services", /^<(?:remote_addr|address)>/],
  ["the bridge's socket", /<br>\/outer\.socket/],
  ["folders of the bridges' sockets", /sockets-for-inners$/],
  ["new sockets of outer", /new-sockets-of-outer/],
  ["control: look", /control-sockets-for-root\/look/],
  ["control: act", /control-sockets-for-root\/act/],
  ["its own routes, counts and log", /routes\.json|inner-ports|-(?:stats|usage)\.|\/log\/one_tproxy(?:_<br>)?\.log/],
  ["the configuration", /OpenNebulaNetwork\.conf$/],
  ["/run/one_tproxy", /^\/run\/one_tproxy/],
  ["/run/netns", /^\/run\/netns$/],
  ["/var/log", /^\/var\/log$/],
  ["files that it is told", /sysdump|node-exporter|<file>/],
  ["files of the installation", /^<|^\/var\/tmp\/one\/vnm|^\/var\/lib\/one\/|^\/etc\/|^\/opt\/|^\/usr\/lib\//],
  ["ip, bridge, nft", /^\/usr\/sbin\/(?:ip|bridge|nft)$/],
  ["ps, getent, sysctl", /^\/usr\/s?bin\/(?:ps|getent|sysctl)$/],
  ["setpriv, unshare, nsenter", /^\/usr\/bin\/(?:setpriv|unshare|nsenter)$/],
  ["kill, mount, prlimit", /^\/usr\/bin\/(?:kill|mount|prlimit)$/],
];
/** What the picture says of a permission's kind. Environment and system information tell nothing of a host. */
const LETTERS: readonly (readonly [kind: string, letter: string])[] = [
  ["net", "n"],
  ["read", "r"],
  ["write", "w"],
  ["run", "x"],
];
const WIDTH = 960;
const LEFT = 110;
/** Room for the last head, which is written slantwise. */
const RIGHT = 60;
const HEAD = 200;
const ROW = 24;

/**
 * Names what a permission is about.
 *
 * @param value A path, an address or a program.
 * @returns One of the picture's columns.
 * @throws {Error} If it is in none of them.
 */
export function thingOf(value: string): string {
  const found = THINGS.find(([, pattern]) => pattern.test(value));
  if (found === undefined) throw new Error(`no column of the picture is about ${value}`);
  return found[0];
}

/**
 * Draws the tables.
 *
 * @param programs The programs, each with its permissions.
 * @returns An SVG.
 * @throws {Error} If a permission belongs to no column.
 */
export function pictureOfRights(programs: Readonly<Record<string, Permissions>>): string {
  const column = (WIDTH - LEFT - RIGHT) / THINGS.length;
  const heads = THINGS.map(([thing], at) => {
    const x = Math.round(LEFT + (at + 0.5) * column);
    return text(x, HEAD - 12, "", thing, ` transform="rotate(-55 ${x} ${HEAD - 12})"`);
  });
  const rows = Object.entries(programs).flatMap(([program, permissions], at) => {
    const y = HEAD + at * ROW;
    const line = `<path class="rule" d="M8 ${y}H${WIDTH - 8}"/>`;
    const cells = THINGS.flatMap(([thing], n) => {
      const letters = LETTERS.filter(([kind]) => valuesOf(permissions, kind).some((value) => thingOf(value) === thing));
      if (letters.length === 0) return [];
      const shown = letters.map(([, letter]) => letter).join("");
      return text(Math.round(LEFT + (n + 0.5) * column), y + 17, "code", shown, ' text-anchor="middle"');
    });
    return [line, text(8, y + 17, "name", program), ...cells];
  });
  const height = HEAD + Object.keys(programs).length * ROW + 32;
  const legend = "n: connects or listens   r: reads   w: writes   x: runs   empty: is refused";
  return svg("Which program may do what", WIDTH, height, [...heads, ...rows, text(8, height - 10, "note", legend)]);
}

function valuesOf(permissions: Permissions, kind: string): readonly string[] {
  return Object.entries(permissions).find(([name]) => name === kind)?.[1] ?? [];
}
