/**
 * Gathering all facts, as many at a time as there are. None keeps another from being had.
 *
 * @module
 */

import { addressesOf, type Endpoint, isIpv4, remotesOf } from "../address.ts";
import { namedAddressesOf } from "../config/named_addresses.ts";
import { compareDaemons } from "../commands/permissions_running.ts";
import { configFile } from "../config/read.ts";
import { resolveAllIpv4 } from "../config/resolve_name.ts";
import type { Owner } from "../daemon/owner.ts";
import { readSettings } from "../daemon/settings.ts";
import { readDesired } from "../daemon/desired.ts";
import { tryServices } from "../daemon/run_probe.ts";
import { readServed } from "../daemon/served.ts";
import { findDeafFaults } from "../health/listening.ts";
import { findDaemonFaults } from "../health/signs.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { PROXY_DIR, RUN_DIR, STRINGS_DIR } from "../paths.ts";
import { lookInside } from "../netns/inside.ts";
import { SYSCTL_KEYS } from "../netns/sysctls.ts";
import { currentForm } from "../permissions/current_form.ts";
import { lstatIfThere } from "../run_dir.ts";
import { prepareConfig } from "../setup/apply_config.ts";
import { planConfig } from "../setup/config_changes.ts";
import { joinEndpoints } from "../setup/join_endpoints.ts";
import { type Fact, gather, orElse, together } from "./fact.ts";
import type { BridgeFacts, Facts, FirstFacts, Scope } from "./facts.ts";
import { gatherFirst } from "./gather_first.ts";
import { gatherPaths } from "./gather_paths.ts";
import { lookForGuest } from "./guest_facts.ts";

/** How long a service may take to accept a connection, in milliseconds. */
const DIAL_MS = 3_000;

/**
 * Gathers all facts. It changes nothing that stays.
 *
 * @param scope What was asked for.
 * @param probes Whether the path of each bridge is tried out.
 * @returns The facts, or why each can't be had.
 * @throws {never} It does not throw.
 */
export async function gatherFacts(scope: Scope, probes: boolean): Promise<Facts> {
  const first = await gatherFirst(scope.config);
  const wanted = await wantedEndpoints(first);
  const endpoints = inScope(wanted, scope);
  const bridges = scope.bridge === undefined ? [...wanted.keys()].toSorted() : [scope.bridge];
  const daemons = first.processes.known ? first.processes.value.daemons : [];
  const desired = gather(() => readSettings(configFile(scope.config)).then(readDesired));
  const owner = desired.then((fact) => fact.known ? { ...fact, value: fact.value.owner } : fact);
  return await together<Facts>({
    ...first,
    scope,
    bridges: gatherBridges(bridges, scope),
    endpoints,
    plan: gather(() => planOf(scope.config, first)),
    names: gatherNames(first),
    lifeless: gather(() => findDaemonFaults(daemons)),
    deaf: gather(() => findDeafFaults(daemons, wanted)),
    comparisons: gather(async () => {
      const [processes, should] = [valueOf(first.processes), valueOf(await desired)];
      return compareDaemons(processes, should, currentForm());
    }),
    dials: owner.then((fact) => gather(() => dial(endpoints, orElse(fact, undefined)))),
    paths: owner.then((fact) => gatherPaths(first, probes ? endpoints : new Map(), orElse(fact, undefined))),
    folders: gather(() =>
      new Map([RUN_DIR, PROXY_DIR, STRINGS_DIR].map((path) => [path, lstatIfThere(path)] as const))
    ),
    owner,
  });
}

/**
 * What each bridge's guests should be served: by record and maps; if neither can be had, by what outer was told last.
 */
async function wantedEndpoints({ record, nft }: FirstFacts): Promise<ReadonlyMap<BridgeName, readonly Endpoint[]>> {
  if (!record.known && !nft.known) return orElse(await gather(readServed), new Map());
  const recorded = record.known ? record.value.bridges : new Map();
  return joinEndpoints(recorded, nft.known ? nft.value.maps.bridges : new Map());
}

function inScope(
  wanted: ReadonlyMap<BridgeName, readonly Endpoint[]>,
  { bridge, port }: Scope,
): Map<BridgeName, readonly Endpoint[]> {
  const some = [...wanted].filter(([name]) => bridge === undefined || name === bridge).map(([name, endpoints]) =>
    [name, endpoints.filter(({ servicePort }) => port === undefined || servicePort === port)] as const
  );
  return new Map(some.filter(([, endpoints]) => endpoints.length > 0).toSorted(([a], [b]) => a < b ? -1 : 1));
}

async function gatherBridges(bridges: readonly BridgeName[], scope: Scope): Promise<Map<BridgeName, BridgeFacts>> {
  return new Map(
    await Promise.all(bridges.map(async (bridge) => [bridge, await gatherBridge(bridge, scope)] as const)),
  );
}

async function gatherBridge(bridge: BridgeName, { guest: address }: Scope): Promise<BridgeFacts> {
  const names = namesOf(bridge);
  return await together<BridgeFacts>({
    inside: gather(() => lookInside(names, SYSCTL_KEYS)),
    netns: gather(() => lstatIfThere(names.netnsPath)?.ino ?? undefined),
    stringDir: gather(() => lstatIfThere(names.stringDir)),
    socket: gather(() => lstatIfThere(names.socket)),
    ...(address === undefined ? {} : { guest: gather(() => lookForGuest(names, address)) }),
  });
}

async function planOf(path: string, { record, links }: FirstFacts) {
  const [{ bridges }, devices] = [valueOf(record), valueOf(links)];
  const { grants } = await prepareConfig(path, bridges);
  return planConfig(bridges, grants, new Set(devices.filter(({ kind }) => kind === "bridge").map(({ name }) => name)));
}

/** Resolves each name in the configuration and in the record. */
async function gatherNames({ config, record }: FirstFacts): Promise<Map<string, Fact<readonly string[]>>> {
  const configured = orElse(config, undefined)?.entries ?? [];
  const recorded = record.known ? [...record.value.bridges.values()].flat().flatMap(({ endpoints }) => endpoints) : [];
  const names = new Set([
    ...configured.flatMap(addressesOf).filter((address) => !isIpv4(address)),
    ...recorded.flatMap(namedAddressesOf).flatMap(({ name }) => name ?? []),
  ]);
  return new Map(
    await Promise.all([...names].map(async (name) => [name, await gather(() => resolveAllIpv4(name))] as const)),
  );
}

async function dial(
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
  owner: Owner,
) {
  const targets = [...new Set([...endpoints.values()].flat().flatMap(remotesOf))];
  return await tryServices(targets, DIAL_MS, { owner, form: currentForm() });
}

function valueOf<T>(fact: Fact<T>): T {
  if (fact.known) return fact.value;
  throw new Error(fact.why);
}
