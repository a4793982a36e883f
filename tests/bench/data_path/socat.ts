/**
 * socat as a string-phone: a pair of processes for each service, and another pair for each connection.
 *
 * @module
 */

import { GUEST_ADDRESS, parseBridgeName } from "../../../lib/names.ts";
import { namesOf } from "../../../lib/names_of.ts";
import type { Contender, Ports } from "./contender.ts";
import { BRIDGE, type Place, startAll, stopAll } from "./place.ts";
import { GATE, servicesOf } from "./services.ts";

const { netns } = namesOf(parseBridgeName(BRIDGE));

/** The same backlog as the others have. socat's default is five, and it would lose connections. */
const BACKLOG = "backlog=4096";

/** Builds the command lines. */
export function socat(name: string, { hv: { host }, guest }: Place, ports: Ports): Contender {
  const socketOf = (port: number) => `/run/bench-socat-${port}`;
  const fromGuest = (port: number) => `TCP4-LISTEN:${port},bind=${GUEST_ADDRESS},reuseaddr,nodelay,fork,${BACKLOG}`;
  const fromString = (port: number) => `UNIX-LISTEN:${socketOf(port)},unlink-early,fork,${BACKLOG}`;
  const pair = (port: number, remote: number) => [
    ["socat", fromString(port), `TCP4:${GATE}:${remote},nodelay`],
    ["ip", "netns", "exec", netns, "socat", fromGuest(port), `UNIX-CONNECT:${socketOf(port)}`],
  ];
  return {
    name,
    client: guest,
    address: GUEST_ADDRESS,
    ports,
    proxies: {
      host,
      commandLines: {
        inner: new RegExp(`^socat TCP4-LISTEN:${ports.http},`),
        outer: new RegExp(`^socat UNIX-LISTEN:${socketOf(ports.http)},`),
      },
      start: () => startAll(host, servicesOf(ports).flatMap(([port, remote]) => pair(port, remote))),
      stop: () => stopAll(host, /^socat (?:TCP4|UNIX)-LISTEN:/),
    },
  };
}
