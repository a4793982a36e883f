/**
 * What the probe has met on its way from a bridge to the services. Pure.
 *
 * @module
 */

import { type Attempt, NO_ANSWER } from "../connect_all.ts";
import { type BridgeName, GUEST_ADDRESS } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { parseProbeAnswer, type ProbeAnswer } from "../protocol/probe_answer.ts";
import { innerOf } from "../role.ts";
import type { PathAttempt, PortAttempt } from "../try_path.ts";
import { judged, orElse } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { broken, type Finding, ok, skipped, unknown } from "./finding.ts";

/** Judges how far a guest's packets get, and how long each part of the way takes. */
export function judgePaths(facts: Facts): Finding[] {
  const { paths, endpoints } = facts;
  if (paths.size === 0) {
    return [skipped("probe", endpoints.size === 0 ? "no bridge has a service" : "it was not asked for")];
  }
  return [...paths].flatMap(([bridge, path]) => {
    const findings = judged(bridge, path, (tried) => {
      return "notTried" in tried ? [skipped(bridge, `not tried: ${tried.notTried}`)] : judgePath(bridge, tried, facts);
    });
    const left = (endpoints.get(bridge)?.length ?? 0) -
      (path.known && "ports" in path.value ? path.value.ports.length : 0);
    return left > 0 && findings.every(({ state }) => state === "ok")
      ? [...findings, skipped(bridge, `${left} more ports were not tried; name one with --port`)]
      : findings;
  });
}

function judgePath(bridge: BridgeName, { address, ports }: PathAttempt, facts: Facts): Finding[] {
  if (address.ms !== undefined) return ports.map((port) => judgePort(bridge, address.ms ?? 0, port, facts));
  const { error = "" } = address;
  const { bridgeEnd, netns } = namesOf(bridge);
  const see = `see "tcpdump -eni ${bridgeEnd} host ${GUEST_ADDRESS} or arp" meanwhile${iptables(facts)}`;
  // Linux says so where nobody has answered its ARP requests.
  if (/no route to host/i.test(error)) {
    return [broken(bridge, `nobody answers ARP for ${GUEST_ADDRESS} on it`, see)];
  }
  if (error === NO_ANSWER) {
    return [
      broken(bridge, `${GUEST_ADDRESS} answers ARP and nothing else: packets are dropped on it or in ${netns}`, see),
    ];
  }
  return [broken(bridge, `${GUEST_ADDRESS} can't be reached from it: ${error}`, see)];
}

function judgePort(bridge: BridgeName, addressMs: number, attempt: PortAttempt, facts: Facts): Finding {
  const { port, ms, error = "", answer, answerMs } = attempt;
  const subject = `${bridge} ${port}`;
  const { title } = innerOf(bridge);
  const logs = `see "tproxy logs --bridge ${bridge} --since 10m"`;
  if (ms === undefined) {
    return /refused/i.test(error)
      ? broken(subject, `${GUEST_ADDRESS} refuses it: nothing listens there`, 'run "tproxy start"')
      : broken(subject, `packets to this port are dropped: ${error}`, `see "nft list ruleset"${iptables(facts)}`);
  }
  if (answer === undefined || answerMs === undefined) {
    const text = `it is accepted, and neither ${title} nor one_tproxy does anything with it`;
    return broken(subject, text, `${logs}; then run "tproxy restart"`);
  }
  const said = parseProbeAnswer(answer);
  if (said === undefined) {
    return answer === ""
      ? broken(subject, `${title} ends it without an answer`, logs)
      : unknown(subject, "the proxies do not know the probe");
  }
  if (said.from === "inner") {
    return broken(subject, `${title} can't pass it on to outer: ${said.error ?? ""}`, 'run "tproxy restart"');
  }
  const times = [
    `${GUEST_ADDRESS} answers after ${addressMs.toFixed(1)} ms`,
    `${title} accepts after ${ms.toFixed(1)} ms`,
    `one_tproxy has it after ${Math.max(0, answerMs - said.ms).toFixed(1)} ms`,
  ];
  return judgeAnswer(subject, times, said, facts, logs);
}

/** Judges what outer says. What the link `service` has said of the services is not said again. */
function judgeAnswer(
  subject: string,
  times: readonly string[],
  { attempts, error }: ProbeAnswer,
  { dials }: Facts,
  logs: string,
): Finding {
  const reached = attempts.find((attempt): attempt is Attempt & { ms: number } => attempt.ms !== undefined);
  if (reached !== undefined) {
    return ok(subject, [...times, `${reached.target} accepts after ${reached.ms.toFixed(1)} ms`].join(", "));
  }
  const failed = (target: string) => dials.known && dials.value.some((dial) => dial.target === target && dial.error);
  if (error === undefined && attempts.every(({ target }) => failed(target))) {
    return skipped(subject, [...times, "and the service is broken"].join(", "));
  }
  const why = error ?? attempts.map((attempt) => `${attempt.target}: ${attempt.error}`).join("; ");
  return broken(subject, `it gets to one_tproxy, and no further: ${why}`, `${logs}; then run "tproxy restart"`);
}

/** Where else to look: nft does not list what iptables-legacy has. */
function iptables({ callsIptables }: Facts): string {
  return orElse(callsIptables, false) ? '; bridges hand packets to iptables, too: see "iptables -vnL FORWARD"' : "";
}
