/**
 * HAProxy as a string-phone: two processes, joined by UNIX sockets that carry the PROXY protocol.
 *
 * @module
 */

import { GUEST_ADDRESS, parseBridgeName } from "../../../lib/names.ts";
import { namesOf } from "../../../lib/names_of.ts";
import type { Contender, Ports } from "./contender.ts";
import { BRIDGE, type Place, startAll, stopAll } from "./place.ts";
import { GATE, servicesOf } from "./services.ts";

const { netns } = namesOf(parseBridgeName(BRIDGE));

/** The timeouts are long, so that they do not affect what is measured. All else is HAProxy's default. */
const COMMON = "defaults\n mode tcp\n timeout connect 10s\n timeout client 1h\n timeout server 1h\n";

/** Makes two HAProxy processes a contender. `tuning` has further lines for the global section. */
export async function haproxy(
  name: string,
  { hv: { host }, guest, neighbour }: Place,
  ports: Ports,
  tuning: readonly string[],
): Promise<Contender> {
  const dir = `/run/bench-haproxy-${ports.http}`;
  const write = (half: string, listeners: string[]) => host.write(`${dir}/${half}.cfg`, render(tuning, listeners));
  const services = servicesOf(ports);
  await write(
    "inner",
    services.map(([port]) => listen(port, `${GUEST_ADDRESS}:${port}`, `unix@${dir}/${port} send-proxy-v2`)),
  );
  await write(
    "outer",
    services.map(([port, remote]) => listen(port, `unix@${dir}/${port} accept-proxy`, `${GATE}:${remote}`)),
  );
  const run = (half: string) => ["haproxy", "-db", "-f", `${dir}/${half}.cfg`];
  const commandLine = (half: string) => new RegExp(`^${run(half).join(" ")}$`);
  return {
    name,
    client: guest,
    neighbour,
    address: GUEST_ADDRESS,
    ports,
    proxies: {
      host,
      commandLines: { inner: commandLine("inner"), outer: commandLine("outer") },
      start: () => startAll(host, [run("outer"), ["ip", "netns", "exec", netns, ...run("inner")]]),
      stop: () => stopAll(host, new RegExp(`^haproxy .*${dir}/`)),
    },
  };
}

/**
 * HAProxy as one process, which listens in the namespace and dials from the host's. One process can then reach both
 * networks, which a string-phone avoids. The difference to two processes is what that isolation costs.
 */
export async function singleHaproxy(name: string, { hv: { host }, guest }: Place, ports: Ports): Promise<Contender> {
  const file = `/run/bench-haproxy-${ports.http}.cfg`;
  const listeners = servicesOf(ports).map(([port, remote]) =>
    listen(port, `${GUEST_ADDRESS}:${port} namespace ${netns}`, `${GATE}:${remote}`)
  );
  await host.write(file, render([], listeners));
  const commandLine = new RegExp(`^haproxy .*${file}$`);
  return {
    name,
    client: guest,
    address: GUEST_ADDRESS,
    ports,
    proxies: {
      host,
      commandLines: { inner: commandLine, outer: commandLine },
      start: () => startAll(host, [["haproxy", "-db", "-f", file]]),
      stop: () => stopAll(host, commandLine),
    },
  };
}

function listen(port: number, from: string, to: string): string {
  return `listen s${port}\n bind ${from}\n server s ${to}\n`;
}

function render(tuning: readonly string[], listeners: readonly string[]): string {
  return `${["global", "maxconn 4096", ...tuning].join("\n ")}\n${COMMON}${listeners.join("")}`;
}
