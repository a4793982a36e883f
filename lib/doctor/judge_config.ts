/**
 * The links before any packet: what is configured, who is called, what is recorded and applied. Pure.
 *
 * @module
 */

import { describeNetwork } from "../commands/describe_network.ts";
import { describeProblem } from "../config/config.ts";
import { namedAddressesOf } from "../config/named_addresses.ts";
import { RUN_FILES } from "../paths.ts";
import type { RecordFile } from "../setup/setup_record_file.ts";
import { judged } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { broken, type Finding, fromFault, ok, skipped, unknown } from "./finding.ts";

/** Judges the configuration file. */
export function judgeConfig({ scope: { config: path }, config }: Facts): Finding[] {
  // A file that can't be read is broken, and not only unknown: its author has to mend it.
  if (!config.known) return [broken(path, config.why, `see what "tproxy check --config ${path}" says`)];
  const { problems, entries } = config.value;
  if (problems.length > 0) {
    return problems.map((problem) => broken(path, describeProblem(path, problem), `correct line ${problem.at.line}`));
  }
  if (entries === undefined) return [broken(path, "it has no :tproxy: key", "add the services under :tproxy:")];
  return [ok(path, `${entries.length} ${entries.length === 1 ? "entry" : "entries"}`)];
}

/** Judges the files that the network drivers call. */
export function judgeDriverFiles({ replaced }: Facts): readonly Finding[] {
  return judged("the drivers' files", replaced, (faults) => {
    return faults.length > 0 ? faults.map(fromFault) : [ok("the drivers' files", "nothing has replaced ours")];
  });
}

/** Judges whether somebody has stopped the proxies on purpose. */
export function judgeStopped({ stopped }: Facts): readonly Finding[] {
  return judged("the proxies", stopped, (isStopped) => [
    isStopped
      ? broken("the proxies", 'they were stopped by "tproxy stop"', 'run "tproxy start"')
      : ok("the proxies", "nobody has stopped them"),
  ]);
}

/** Judges what `setup` has recorded. */
export function judgeRecord({ record, bridges, scope: { bridge } }: Facts): readonly Finding[] {
  const file = RUN_FILES.setupRecord;
  return judged(file, record, ({ damaged, isThere, bridges: recorded }) => {
    if (isDamaged(damaged)) {
      const what = damaged === "all" ? "it" : `its part for ${damaged.join(", ")}`;
      return [broken(file, `${what} is damaged`, 'run "tproxy reload", which restores it from the copy in nft')];
    }
    if (bridge !== undefined && !recorded.has(bridge) && !bridges.get(bridge)) {
      return [skipped(bridge, "it is not recorded")];
    }
    if (!isThere) return [ok(file, "setup has set no bridge up")];
    return [ok(file, `${recorded.size} ${recorded.size === 1 ? "bridge" : "bridges"}`)];
  });
}

function isDamaged(damaged: RecordFile["damaged"]): boolean {
  return damaged === "all" || damaged.length > 0;
}

/** Judges whether the configuration has been applied to the bridges that are recorded. */
export function judgeApplied({ plan, config, scope: { bridge: only, config: path } }: Facts): readonly Finding[] {
  if (!config.known) return [skipped(path, "it can't be read")];
  return judged(path, plan, ({ bridges }) => {
    const changed = bridges.filter(({ bridge, changes }) =>
      changes.length > 0 && (only === undefined || bridge === only)
    );
    if (changed.length === 0) return [ok(path, "every recorded bridge has what it says")];
    return changed.map(({ bridge, changes }) => {
      const what = changes.map(({ network, before, after }) => {
        const verb = before === undefined ? "new" : after === undefined ? "gone" : "different";
        return `${(after ?? before)?.servicePort} (${describeNetwork(network)}) is ${verb}`;
      });
      return broken(
        bridge,
        `what is configured is not applied: ${what.join(", ")}`,
        `run "tproxy apply --config ${path}"`,
      );
    });
  });
}

/** Judges whether there is anything to serve. */
export function judgeServices({ record, nft, endpoints, scope: { bridge, port } }: Facts): readonly Finding[] {
  if (!record.known && !nft.known) {
    return [unknown("the services", `neither record nor maps can be read: ${record.why}; ${nft.why}`)];
  }
  if (endpoints.size > 0) {
    return [...endpoints].map(([name, served]) => {
      return ok(name, `serves ${served.map(({ servicePort }) => servicePort).join(", ")}`);
    });
  }
  const where = bridge ?? "any bridge";
  if (port !== undefined) {
    return [
      broken(bridge ?? "the services", `no service has the port ${port} on ${where}`, 'see what "tproxy check" says'),
    ];
  }
  if (bridge === undefined) return [ok("the services", "no bridge has one, so no proxy is wanted")];
  const remedy = `run "tproxy-setup up --bridge ${bridge}" with its --network and --network-id`;
  return [broken(bridge, "nothing has been set up on it", remedy)];
}

/** Judges the names in the configuration and the record. */
export function judgeNames({ names, record, scope: { config } }: Facts): Finding[] {
  if (names.size === 0) return [ok("names", "none is configured")];
  const recorded = record.known ? [...record.value.bridges.values()].flat().flatMap(({ endpoints }) => endpoints) : [];
  return [...names].map(([name, fact]) => {
    if (!fact.known) {
      return broken(
        name,
        `it does not resolve: ${fact.why}`,
        `see what "getent ahostsv4 ${name}" says, and /etc/resolv.conf`,
      );
    }
    const old = recorded.flatMap(namedAddressesOf).find((known) =>
      known.name === name && !fact.value.includes(known.address)
    );
    return old === undefined ? ok(name, fact.value.join(", ")) : broken(
      name,
      `it is ${fact.value.join(", ")} now, and guests reach ${old.address}`,
      `run "tproxy apply --config ${config}"`,
    );
  });
}
