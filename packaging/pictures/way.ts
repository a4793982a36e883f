/**
 * The way of a packet from a guest to a service, as a picture. Pure.
 *
 * @module
 */

import { box, svg, text } from "./svg.ts";

/** A place on the way, and what decides there. */
interface Stop {
  readonly where: string;
  readonly what: string;
  readonly names: string;
  /** How it goes on to the next one. */
  readonly onward: string;
}

const STOPS: readonly Stop[] = [
  {
    where: "guest",
    what: "connects to 169.254.16.9 and a service port",
    names: "eth0",
    onward: "Ethernet, through its port of the bridge",
  },
  {
    where: "bridge <br>",
    what: "drops what poses as the proxy, sends what went to the gateway to the proxy; security groups apply",
    names: "sender_<br>  guard_<br>  redirect_<br>  port_<br>  ch_<br>",
    onward: "veth pair <br>b, <br>a",
  },
  {
    where: "network namespace one_tproxy_<br>",
    what: "has 169.254.16.9, forwards nothing, has no route but back to the bridge",
    names: "inner, one_tproxy_<br>: accepts; limits of bridge and guest",
    onward: "string: a UNIX socket of this bridge alone, a channel for each stream",
  },
  {
    where: "host",
    what: "the socket tells which network it is; the route file tells the service",
    names: "outer, one_tproxy: limits of hypervisor and service; dials",
    onward: "TCP, which the kernel lets outer's user send to listed services alone (one_tproxy_egress)",
  },
  {
    where: "service",
    what: "sees the hypervisor's address, or with PROXY v2 the guest's",
    names: "10.11.12.13:5030",
    onward: "",
  },
];

const WIDTH = 760;
const BOX = 68;
const GAP = 44;

/**
 * Draws the way.
 *
 * @returns An SVG.
 */
export function pictureOfWay(): string {
  const parts = STOPS.flatMap(({ where, what, names, onward }, at) => {
    const y = 8 + at * (BOX + GAP);
    const end = y + BOX;
    const stop = [
      box(8, y, WIDTH - 16, BOX),
      text(24, y + 22, "name", where),
      text(24, y + 41, "", what),
      text(24, y + 58, "code", names),
    ];
    if (onward === "") return stop;
    return [
      ...stop,
      `<path class="way" d="M40 ${end}v${GAP - 6}"/><path class="tip" d="M34 ${end + GAP - 9}h12l-6 9z"/>`,
      text(56, end + 26, "note", onward),
    ];
  });
  return svg("The way of a packet from a guest to a service", WIDTH, STOPS.length * (BOX + GAP) - GAP + 16, parts);
}
