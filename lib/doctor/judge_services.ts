/**
 * The links from outer on: the rules for outer, and the services. Pure.
 *
 * @module
 */

import { type Endpoint, remotesOf } from "../address.ts";
import { type Attempt, NO_ANSWER } from "../connect_all.ts";
import { judged } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { broken, type Finding, fromFault, ok, skipped, unknown } from "./finding.ts";

/** Judges the rules of the kernel that let outer reach the services, and nothing else. */
export function judgeEgress({ egress, table, processes, endpoints }: Facts): readonly Finding[] {
  if (processes.known && processes.value.daemons.length === 0) return [skipped("egress", "no proxy runs")];
  if (endpoints.size === 0) return [skipped("egress", "no bridge has a service")];
  // Where nft fails, the rules count as wrong, since nobody can see them.
  if (!table.known) return [unknown("egress", table.why)];
  return judged("egress", egress, (faults) => {
    return faults.length > 0 ? faults.map(fromFault) : [ok("egress", "outer reaches the services, and nothing else")];
  });
}

/** Judges whether each service accepts connections from this hypervisor. */
export function judgeServicesReached(facts: Facts): readonly Finding[] {
  const { dials, endpoints } = facts;
  if (endpoints.size === 0) return [skipped("services", "no bridge has one")];
  return judged("services", dials, (attempts) => attempts.map((attempt) => judgeAttempt(attempt, facts)));
}

function judgeAttempt({ target, ms, error = "" }: Attempt, { endpoints, config }: Facts): Finding {
  if (ms !== undefined) {
    return ok(target, `it accepts connections, after ${ms.toFixed(1)} ms; what it answers is not known`);
  }
  const [address = "", port = ""] = target.split(":");
  const served = [...endpoints].flatMap(([bridge, all]) =>
    all.filter((endpoint) => remotesOf(endpoint).includes(target)).map((endpoint) =>
      `${endpoint.servicePort} of ${bridge}`
    )
  );
  const what = `it serves ${served.join(", ")}`;
  if (error === NO_ANSWER) {
    const text = `it does not answer: the host is down, or a firewall drops what is sent to it; ${what}`;
    return broken(target, text, `see "ip route get ${address}", "ping ${address}" and the firewalls on the way`);
  }
  if (/refused|os error 111/i.test(error)) {
    const line = lineOf(endpoints, target, config);
    const entry = line === undefined ? "" : `, or correct line ${line} of the configuration and run "tproxy apply"`;
    const text =
      `it refuses connections: nothing listens on the port ${port} there, or a firewall rejects them; ${what}`;
    return broken(target, text, `start the service (on ${address}: "ss -ltn sport = :${port}")${entry}`);
  }
  return broken(target, `it can't be reached: ${error}; ${what}`, `see "ip route get ${address}"`);
}

/** The line of the entry that names a remote. */
function lineOf(
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
  target: string,
  config: Facts["config"],
): number | undefined {
  const ports = [...endpoints.values()].flat().filter((endpoint) => remotesOf(endpoint).includes(target));
  const entries = config.known ? config.value.entries ?? [] : [];
  return entries.find(({ servicePort, remotePort }) => {
    return ports.some((endpoint) => endpoint.servicePort === servicePort && endpoint.remotePort === remotePort);
  })?.at.line;
}
