/**
 * The links between a bridge's namespace and the services: the proxies, and the socket between them. Pure.
 *
 * @module
 */

import type { Fault } from "../fault.ts";
import { namesOf } from "../names_of.ts";
import { innerOf, OUTER, type Role } from "../role.ts";
import { stringDirAccess } from "../daemon/string_dir.ts";
import type { RunningDaemon } from "../daemon/find_daemons.ts";
import { judged } from "./fact.ts";
import type { Facts, FileFact } from "./facts.ts";
import { broken, type Finding, fromFault, ok, skipped, unknown } from "./finding.ts";

/** Everybody has to be able to go through a folder with this mode. */
const PASSABLE = 0o111;

/** The daemon of a role that serves. */
function servingAs({ title }: Role, { processes }: Facts): RunningDaemon | undefined {
  if (!processes.known) return undefined;
  return processes.value.daemons.find((daemon) => daemon.role.title === title && !daemon.draining);
}

function faultsOf({ title }: Role, facts: readonly Facts["lifeless"][]): readonly Fault[] {
  return facts.flatMap((fact) => fact.known ? fact.value.filter(({ subject }) => subject === title) : []);
}

/** Judges whether each bridge's inner runs, in its namespace. */
export function judgeInners(facts: Facts): Finding[] {
  const { processes, bridges, lifeless } = facts;
  if (!processes.known) return [unknown("inner", processes.why)];
  const served = servedBridges(facts);
  if (served.length === 0) return [skipped("inner", "no bridge has a service")];
  return served.flatMap((bridge) => {
    const role = innerOf(bridge);
    const daemon = servingAs(role, facts);
    if (daemon === undefined) return [broken(role.title, "it is not running", 'run "tproxy start"')];
    const faults = faultsOf(role, [lifeless]);
    if (faults.length > 0) return faults.map(fromFault);
    const { netns } = namesOf(bridge);
    const inode = bridges.get(bridge)?.netns;
    if (inode?.known && inode.value !== undefined && inode.value !== daemon.netns) {
      const text = `the process ${daemon.pid} is in another namespace than ${netns}`;
      return [broken(role.title, text, 'run "tproxy start"')];
    }
    return [ok(role.title, `process ${daemon.pid}`), ...lifeless.known ? [] : [unknown(role.title, lifeless.why)]];
  });
}

/** Judges whether each inner listens on every port. */
export function judgeListeners(facts: Facts): Finding[] {
  return servedBridges(facts).flatMap((bridge) => {
    const role = innerOf(bridge);
    if (!isAlive(role, facts)) return [skipped(role.title, "it does not run, or is stopped")];
    return judged(role.title, facts.deaf, () => {
      const faults = faultsOf(role, [facts.deaf]);
      const ports = facts.endpoints.get(bridge)?.map(({ servicePort }) => servicePort).join(", ");
      return faults.length === 0
        ? [ok(role.title, `listens on ${ports}`)]
        : faults.map((fault) => withStrangers(fromFault(fault), bridge, facts));
    });
  });
}

/** Names another process in the namespace, which may have the port. */
function withStrangers(
  finding: Finding,
  bridge: Parameters<typeof innerOf>[0],
  { processes, bridges }: Facts,
): Finding {
  const inode = bridges.get(bridge)?.netns;
  if (!processes.known || !inode?.known || inode.value === undefined) return finding;
  const [stranger] = processes.value.others.filter(({ netns }) => netns === inode.value);
  if (stranger === undefined) return finding;
  const text = `${finding.text}; in its namespace there is also ${stranger.pid} (${stranger.args.slice(0, 40)})`;
  return broken(finding.subject, text, `run "kill ${stranger.pid}", then "tproxy reload"`);
}

/** Judges the sockets by which inners reach outer. */
export function judgeStrings(facts: Facts): Finding[] {
  const { bridges, folders, owner, deaf } = facts;
  const isOuterAlive = isAlive(OUTER, facts);
  const passable = judged("the string", folders, (all) =>
    [...all].flatMap(([path, info]) => {
      if (info === undefined) return isOuterAlive ? [broken(path, "the folder is gone", 'run "tproxy restart"')] : [];
      const mode = (info.mode ?? 0) & 0o7777;
      if ((mode & PASSABLE) === PASSABLE) return [];
      return [broken(path, `its mode is ${octal(mode)}: no proxy can go through it`, `run "chmod 0755 ${path}"`)];
    }));
  const ofBridges = servedBridges(facts).flatMap((bridge) => {
    const { stringDir, socket } = namesOf(bridge);
    if (!isOuterAlive) return [skipped(bridge, "outer does not run, or is stopped")];
    const { stringDir: folder, socket: file } = bridges.get(bridge) ?? {};
    if (!folder?.known || !file?.known) return [unknown(bridge, "its socket can't be looked at")];
    if (file.value?.isSocket !== true) return [broken(bridge, `${socket} is gone`, 'run "tproxy reload"')];
    const wanted = owner.known ? stringDirAccess(bridge, owner.value) : undefined;
    const wrong = wanted === undefined ? undefined : differenceOf(folder.value, wanted);
    if (wrong !== undefined) return [broken(bridge, `${stringDir} ${wrong}`, 'run "tproxy reload"')];
    const unheard = faultsOf(OUTER, [deaf]).filter(({ text }) => text.split(/[ ,]+/).includes(bridge));
    return unheard.length > 0 ? unheard.map(fromFault) : [ok(bridge, `outer listens at ${socket}`)];
  });
  const all = [...passable, ...ofBridges];
  return all.length === 0 ? [skipped("the string", "no bridge has a service")] : all;
}

function differenceOf(info: FileFact, wanted: ReturnType<typeof stringDirAccess>): string | undefined {
  const mode = (info?.mode ?? 0) & 0o7777;
  if (info?.uid !== wanted.uid || info.gid !== wanted.gid) {
    return `belongs to ${info?.uid}:${info?.gid}, and not to ${wanted.uid}:${wanted.gid}`;
  }
  return mode === wanted.mode ? undefined : `has the mode ${octal(mode)}, and not ${octal(wanted.mode)}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Judges whether outer runs. */
export function judgeOuter(facts: Facts): Finding[] {
  const { processes, lifeless } = facts;
  if (!processes.known) return [unknown(OUTER.title, processes.why)];
  if (servedBridges(facts).length === 0) return [skipped(OUTER.title, "no bridge has a service")];
  const daemon = servingAs(OUTER, facts);
  if (daemon === undefined) return [broken(OUTER.title, "it is not running", 'run "tproxy start"')];
  const faults = faultsOf(OUTER, [lifeless]);
  return faults.length > 0 ? faults.map(fromFault) : [ok(OUTER.title, `process ${daemon.pid}`)];
}

/** Judges whether the proxies that run may do what they should, and no more. */
export function judgePermissions({ comparisons }: Facts): readonly Finding[] {
  return judged("the proxies", comparisons, (all) => {
    const wrong = all.filter(({ draining, differences }) => !draining && differences.length > 0);
    if (all.length === 0) return [skipped("the proxies", "none runs")];
    if (wrong.length === 0) return [ok("the proxies", "each has its own user and its own flags")];
    return wrong.flatMap(({ title, differences }) => {
      return broken(title, differences.join(", "), 'run "tproxy start"; if that changes nothing, "tproxy restart"');
    });
  });
}

/** The bridges that have a service and a device, which have a proxy. */
function servedBridges({ endpoints, links }: Facts) {
  return [...endpoints.keys()].filter((bridge) => !links.known || links.value.some(({ name }) => name === bridge));
}

function isAlive(role: Role, facts: Facts): boolean {
  return servingAs(role, facts) !== undefined && faultsOf(role, [facts.lifeless]).length === 0;
}
