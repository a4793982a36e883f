/**
 * The links that `tproxy doctor` walks, in the order in which a packet and its configuration pass them. Pure.
 *
 * @module
 */

import { describe } from "../errors.ts";
import type { Facts } from "./facts.ts";
import { type Examined, type Finding, unknown } from "./finding.ts";
import { judgeBridges, judgeDevices } from "./judge_bridge.ts";
import {
  judgeApplied,
  judgeConfig,
  judgeDriverFiles,
  judgeNames,
  judgeRecord,
  judgeServices,
  judgeStopped,
} from "./judge_config.ts";
import { judgeInners, judgeListeners, judgeOuter, judgePermissions, judgeStrings } from "./judge_daemons.ts";
import { judgeFilters, judgeGuest } from "./judge_guest.ts";
import { judgeLogs, judgeVersions, judgeWatch } from "./judge_host.ts";
import { judgePaths } from "./judge_paths.ts";
import { judgeEgress, judgeServicesReached } from "./judge_services.ts";

/** A link of the path. */
interface PathLink {
  /** Its name. */
  readonly link: string;
  /** What guests lose if it is broken. */
  readonly why: string;
  /** Judges it. */
  readonly judge: (facts: Facts) => readonly Finding[];
}

const PATH: readonly PathLink[] = [
  { link: "configuration", why: "what can't be understood opens no service", judge: judgeConfig },
  { link: "driver files", why: "OpenNebula runs other programs than ours", judge: judgeDriverFiles },
  { link: "stopped", why: "nobody is served until somebody starts them", judge: judgeStopped },
  { link: "record", why: "it says which network has which services", judge: judgeRecord },
  { link: "applied", why: "guests have what was configured before", judge: judgeApplied },
  { link: "services", why: "guests find nothing at the port", judge: judgeServices },
  { link: "map", why: "it says which port leads to which service", judge: (facts) => judgeBridges("map", facts) },
  { link: "bridge", why: "all guests of the network are on it", judge: judgeDevices },
  { link: "filters", why: "the guest waits, and its connection times out", judge: judgeFilters },
  {
    link: "rules",
    why: "they bring guests' packets to the proxy, and keep guests from posing as it",
    judge: (facts) => judgeBridges("rules", facts),
  },
  {
    link: "port",
    why: "packets pass here between guests and the proxy",
    judge: (facts) => judgeBridges("port", facts),
  },
  {
    link: "namespace",
    why: "the proxy of the bridge gets and answers packets in it",
    judge: (facts) => judgeBridges("namespace", facts),
  },
  // The namespace hears of no guest if a link before it is broken, so this one comes after it.
  { link: "guest", why: "nothing of it reaches the proxy", judge: judgeGuest },
  { link: "inner", why: "nobody accepts what guests of the bridge send", judge: judgeInners },
  { link: "listener", why: "guests are refused at the port", judge: judgeListeners },
  { link: "string", why: "inner can't hand guests over to outer", judge: judgeStrings },
  { link: "outer", why: "nobody brings guests to their services", judge: judgeOuter },
  { link: "egress", why: "the kernel holds outer to the services, and may keep it from them", judge: judgeEgress },
  { link: "names", why: "a service that has moved is not found", judge: judgeNames },
  { link: "service", why: "guests' connections are closed once outer has tried", judge: judgeServicesReached },
  { link: "probe", why: "a guest's packets do not get where they should", judge: judgePaths },
  { link: "permissions", why: "a proxy may do more than it should, or less than it has to", judge: judgePermissions },
  { link: "versions", why: "what was mended in the new version is still broken", judge: judgeVersions },
  { link: "watch", why: "what breaks stays broken", judge: judgeWatch },
  { link: "logs", why: "lines are lost; nobody can see afterwards what has happened", judge: judgeLogs },
];

/**
 * Judges every link.
 *
 * @param facts What is known.
 * @returns What was found at each, in order. A link that can't be judged says why.
 */
export function walk(facts: Facts): Examined[] {
  return PATH.map(({ link, why, judge }) => {
    try {
      const findings = judge(facts);
      return { link, why, findings };
    } catch (error) {
      return { link, why, findings: [unknown(link, describe(error))] };
    }
  });
}
