/**
 * Gathering the facts that do not depend on others.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import { checkConfig } from "../commands/check_config.ts";
import { readConfig } from "../config/read.ts";
import { findEgressFaults } from "../daemon/egress.ts";
import { findDaemons } from "../daemon/find_daemons.ts";
import { findUid } from "../daemon/user_database.ts";
import { staysStopped } from "../daemon/stay_stopped.ts";
import { findReplacedFiles } from "../health/installation.ts";
import { findRefusedArchive } from "../health/refused_archive.ts";
import { LOG_DIR } from "../paths.ts";
import { listLinks } from "../netns/observe.ts";
import { readApplied } from "../nft/applied.ts";
import { listBridgeTable, listRuleset, listState } from "../nft/nft.ts";
import { runCommand } from "../run_command.ts";
import { readRecordFile } from "../setup/setup_record_file.ts";
import { gather, together } from "./fact.ts";
import type { FirstFacts } from "./facts.ts";
import { lookForWatch } from "./watch_facts.ts";

/** The setting by which bridges hand IPv4 packets to the chains of IPv4. */
const CALLS_IPTABLES = "net.bridge.bridge-nf-call-iptables";

/**
 * Gathers the facts that do not depend on others, all at once.
 *
 * @param path The configuration file.
 * @returns The facts, or why each can't be had.
 */
export async function gatherFirst(path: string): Promise<FirstFacts> {
  let asked = 0;
  // Names are resolved apart, for a verdict on each. Here, each has an address of its own, for documentation (RFC
  // 5737).
  const host = { resolve: () => Promise.resolve(`192.0.2.${++asked % 255}`), uidOf: findUid };
  return await together<FirstFacts>({
    config: gather(async () => await checkConfig(await readConfig(path), host)),
    replaced: gather(() => [...findReplacedFiles(), ...findRefusedArchive()]),
    stopped: gather(staysStopped),
    record: gather(readRecordFile),
    nft: gather(listState),
    table: gather(listBridgeTable),
    applied: gather(readApplied),
    ruleset: gather(listRuleset),
    links: gather(() => listLinks()),
    processes: gather(findDaemons),
    egress: gather(findEgressFaults),
    watch: gather(lookForWatch),
    // There is no such setting where the module br_netfilter is not loaded.
    callsIptables: gather(async () => (await runCommand("sysctl", ["-e", "-n", CALLS_IPTABLES])).trim() === "1"),
    logSpace: gather(() => {
      const { bavail, bsize } = statfsSync(LOG_DIR);
      return bavail * bsize;
    }),
  });
}
