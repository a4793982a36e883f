/**
 * The topology of the faults: a guest that causes one, a neighbour on the same bridge, a stranger on another bridge,
 * and a host full of services.
 *
 * @module
 */

import type { Status } from "../../lib/commands/status.ts";
import type { Counts } from "../../lib/protocol/counts.ts";
import { type Background, until } from "../../packaging/command.ts";
import type { Host } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";
import { CONFIG, GATE, type Scenario, served } from "../lab/scenario.ts";
import { latest, startScript } from "../lab/script.ts";

/** The guest-facing address. */
export const PROXY = "169.254.16.9";

/** One hypervisor with two bridges that are served, three guests, and nginx at port 5030. */
export interface Crowd extends Scenario {
  /** Another guest on the same bridge. */
  readonly neighbour: Host;
  /** A guest on another bridge. */
  readonly stranger: Host;
}

/**
 * Makes the topology, and starts the proxies. The settings are keys of the configuration, the entries come after
 * nginx's.
 */
export async function makeCrowd(lab: Lab, { settings = "", entries = "" } = {}): Promise<Crowd> {
  const scenario = await served(lab, settings + CONFIG + entries, ["br0", "br1"]);
  const { hv } = scenario;
  const neighbour = await lab.guest("guest2", hv, "br0", "192.168.150.11");
  const stranger = await lab.guest("guest3", hv, "br1", "192.168.151.10");
  return { ...scenario, neighbour, stranger };
}

/** Starts a service of `tests/fixtures/service.js` on the gate, and waits until it listens. */
export async function startService(gate: Host, port: number, how: string): Promise<Background> {
  const service = startScript(gate, "service.js", GATE, { hostname: GATE, port, how });
  await until(`the service on port ${port} listens`, () => Promise.resolve(latest(service) !== undefined));
  return service;
}

/** The state that a client of `tests/fixtures/client.js` prints. */
export interface ClientState {
  readonly opened: number;
  readonly open: number;
  readonly answers: number;
  readonly least: number;
  readonly sent: number;
}

/** What a client does, except its address. */
export interface Behaviour {
  readonly port: number;
  readonly count: number;
  readonly how: string;
  readonly everyMs?: number;
  readonly times?: number;
}

/** Starts a client on a guest. */
export function startClient(guest: Host, behaviour: Behaviour): Background {
  return startScript(guest, "client.js", PROXY, { hostname: PROXY, ...behaviour });
}

/** Waits until a client's state is as it should be, and returns it. */
export function clientState(
  client: Background,
  what: string,
  isGood: (state: ClientState) => boolean,
  seconds = 60,
): Promise<ClientState> {
  return until(what, () => {
    const state = latest<ClientState>(client);
    return Promise.resolve(state !== undefined && isGood(state) && state);
  }, seconds).catch((error) => {
    throw new Error(`${error.message}: ${client.output.slice(-500)}`);
  });
}

/** What the proxies count, by title. */
export async function countsOf({ hv }: Scenario): Promise<Map<string, Counts>> {
  const { stdout } = await hv.tproxy("status", "--json");
  const { proxies } = JSON.parse(stdout) as Status;
  return new Map(proxies.flatMap(({ title, counts }) => counts === undefined ? [] : [[title, counts]]));
}

/** Whether all three proxies have written their counts, and count no live stream. */
export async function countNothing(crowd: Crowd): Promise<boolean> {
  const counts = [...(await countsOf(crowd)).values()];
  return counts.length === 3 && counts.every(({ live }) => live === 0);
}
