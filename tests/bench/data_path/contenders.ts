/**
 * All contenders of the benchmark. They run at the same time, each on ports of its own, so that they can take turns. A
 * contender that is added here is measured and reported with the others.
 *
 * @module
 */

import type { Lab } from "../../lab/lab.ts";
import { type Contender, NAMES, type Ports } from "./contender.ts";
import { haproxy, singleHaproxy } from "./haproxy.ts";
import { CHECKOUT, ours } from "./ours.ts";
import { liftPortLimits, makePlace } from "./place.ts";
import { GATE, HTTP_PORT } from "./services.ts";
import { socat } from "./socat.ts";

/** Makes all contenders. It does not start them. */
export async function makeContenders(lab: Lab): Promise<Contender[]> {
  const place = await makePlace(lab, 1);
  return [
    await ours(NAMES.ours, place, portsOf(0), CHECKOUT),
    await haproxy(NAMES.haproxy, place, portsOf(1), []),
    await haproxy(NAMES.tuned, place, portsOf(2), ["tune.bufsize 262144"]),
    await singleHaproxy(NAMES.single, place, portsOf(5)),
    socat(NAMES.socat, place, portsOf(3)),
    await direct(NAMES.direct, lab, portsOf(4)),
    // To measure a variant of ours, bundle the daemons of its checkout. It needs a hypervisor of its own:
    // await ours("variant", await makePlace(lab, 2), portsOf(6), "/tmp/variant/"),
  ];
}

/** No proxy: the client is a host beside the service. The path is that of a guest to a proxy: veth, bridge, veth. */
async function direct(name: string, lab: Lab, ports: Ports): Promise<Contender> {
  const client = await lab.service("neighbour", "10.11.12.99");
  await liftPortLimits(client);
  return { name, client, address: GATE, ports: { ...ports, http: HTTP_PORT } };
}

function portsOf(number: number): Ports {
  return { http: 8080 + number, iperf: 5201 + number, flood: 5301 + number };
}
