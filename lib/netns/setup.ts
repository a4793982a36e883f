/**
 * What `tproxy-setup` does for one bridge: from the configuration to kernel state, and back to nothing.
 *
 * @module
 */

import { remoteOf } from "../address.ts";
import { describeProblem } from "../config/config.ts";
import { prepareThenLock } from "../config/fresh.ts";
import { readConfig } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve.ts";
import { type Network, once, selectEndpoints, type Selection } from "../config/select.ts";
import { ConfigError, InputError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, namesOf, RUN_FILES } from "../names.ts";
import { listState, removeRules } from "../nft/nft.ts";
import type { NftState } from "../nft/parse.ts";
import { applyRecord } from "./apply.ts";
import { type KeptEndpoint, keptOf } from "./keep.ts";
import { removeLinks } from "./links.ts";
import { endpointsOf, isNobodys, type NetworkRecord, withNetwork, withoutNetwork } from "./record.ts";
import { recoverRecord, writeRecord } from "./record_file.ts";
import { isNetwork } from "./record_parse.ts";
import { forgetVlans } from "./vlan_record.ts";

const log = getLogger("setup");

/** Longer than any run takes, shorter than what a driver waits for a VM's network. */
const LOCK_DEADLINE_MS = 30_000;

/** A bridge, the network whose guests are on it, and the configuration. */
export interface UpRequest {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The virtual network; every one that is recorded on the bridge if it is missing. */
  readonly network?: Network;
  /** The configuration file. */
  readonly config: string;
}

/** What a network gets. */
interface Wish {
  readonly network: Network;
  readonly selection: Selection;
}

/**
 * Makes the kernel's state of one bridge what the configuration says: endpoints in nft, the veth pair, the namespace. The
 * endpoints of other networks on the bridge stay; a network for which no entry is meant adds none. What an entry was meant
 * for that can't be used stays as it is. Doing it twice is doing it once.
 *
 * @param request What to set up.
 * @returns The endpoints that stay although no good entry has them.
 * @throws {InputError} If nobody could call a network so; or if none is named, and none is recorded.
 * @throws {ConfigError} If the configuration can't be read or has no `:tproxy:` key.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/daemon/permissions.ts`.
 */
export async function up({ bridge, network, config: path }: UpRequest): Promise<readonly KeptEndpoint[]> {
  const named = network === undefined ? await findRecorded(bridge) : [network];
  if (!named.every(isNetwork)) {
    throw new InputError("The network's name is empty or too long", "name it by --network-id");
  }
  return await prepareThenLock({
    path,
    prepare: () => select(path, named),
    lock: withSetupLock,
    use: async ({ wishes, warnings }) => {
      for (const warning of warnings) log.warning(warning);
      const kept: KeptEndpoint[] = [];
      await change(bridge, true, (networks) => {
        // One that was only found in the record may have gone while its names were resolved.
        const due = wishes.filter((wish) => network !== undefined || endpointsOf(networks, wish.network).length > 0);
        return due.reduce((all, wish) => grant(bridge, all, wish, kept), networks);
      });
      for (const { endpoint, at } of kept) {
        const fields = { bridge, port: endpoint.servicePort, remote: remoteOf(endpoint), entry: `${path}:${at.line}` };
        log.warning("A service stays as it was, since its entry can't be used", fields);
      }
      return kept;
    },
  });
}

/** Finds the networks that have been named for a bridge. */
async function findRecorded(bridge: BridgeName): Promise<Network[]> {
  const networks = await withSetupLock(async () => (await recoverRecord(listState)).get(bridge) ?? []);
  const named = networks.filter((network) => !isNobodys(network)).map(({ endpoints: _, ...network }) => network);
  if (named.length > 0) return named;
  throw new InputError(
    `No network is recorded on ${bridge}`,
    'name it with --network NAME, --network-id ID or both; "setup list" shows what is recorded',
  );
}

/** Gives a network of a bridge what it should have, and what stays as it was. */
function grant(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  { network, selection }: Wish,
  kept: KeptEndpoint[],
): NetworkRecord[] {
  const own = keptOf(endpointsOf(networks, network), selection);
  kept.push(...own);
  const endpoints = [...selection.endpoints, ...own.map(({ endpoint }) => endpoint)];
  if (endpoints.length === 0) log.warning("No service is configured for this network", { bridge, ...network });
  return withNetwork(networks, { ...network, endpoints });
}

/** Finds out what networks get: it reads the configuration and resolves names, so it may take seconds. */
async function select(
  path: string,
  networks: readonly Network[],
): Promise<{ wishes: readonly Wish[]; warnings: ReadonlySet<string> }> {
  const config = await readConfig(path);
  const problems = [...config.problems, ...config.remarks].map((problem) => describeProblem(path, problem));
  if (config.entries === undefined) {
    for (const problem of problems) log.warning(problem);
    throw new ConfigError(
      `The configuration ${path} has no :tproxy: key`,
      "add the list of services to it, see docs/reference.md",
    );
  }
  const resolve = once(resolveIpv4);
  const wishes = await Promise.all(networks.map(async (network): Promise<Wish> => {
    return { network, selection: await selectEndpoints(config, network, resolve) };
  }));
  return { wishes, warnings: new Set([...problems, ...wishes.flatMap(({ selection }) => selection.warnings)]) };
}

/**
 * Does something under the lock of `setup`.
 *
 * @param work What to do.
 * @returns What that returns.
 * @throws {import("../errors.ts").LockError} If another run holds the lock for longer than 30 seconds.
 * @throws {Deno.errors.NotCapable} Without `--allow-read` and `--allow-write` for `/run/one_tproxy`.
 */
export function withSetupLock<T>(work: () => Promise<T>): Promise<T> {
  return withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, work);
}

/**
 * Removes a bridge's proxy, or what one network on it has. It goes by names and by what `up` recorded: the bridge, the
 * configuration and name resolution may be gone. Doing it twice, or after half of anything, is fine.
 *
 * @param bridge The bridge.
 * @param network The network that goes; all of them unless told.
 * @throws {import("../run_command.ts").CommandError} If ip or nft fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/daemon/permissions.ts`.
 */
export async function down(bridge: BridgeName, network?: Network): Promise<void> {
  await withSetupLock(() =>
    network === undefined
      ? change(bridge, false, () => [])
      : change(bridge, true, (networks) => withoutNetwork(networks, network))
  );
}

type Change = (networks: readonly NetworkRecord[]) => readonly NetworkRecord[];

/**
 * Changes which networks a bridge has, and makes its kernel state follow. The record is written first, so that a run that
 * is cut off is completed by the next one; if the kernel refuses, the record is what it was.
 *
 * @param bridge The bridge.
 * @param adopts Whether endpoints stay that are there although nothing is recorded of the bridge.
 * @param change The change.
 */
async function change(bridge: BridgeName, adopts: boolean, change: Change): Promise<void> {
  let state: Promise<NftState> | undefined;
  const listOnce = () => state ??= listState();
  const record = await recoverRecord(listOnce);
  const before = record.get(bridge) ?? [];
  const networks = change(before.length === 0 && adopts ? adopt(bridge, await listOnce()) : before);
  await writeRecord(record, bridge, networks);
  if (networks.length === 0) {
    await removeRules(bridge);
    await removeLinks(namesOf(bridge));
    await forgetVlans(bridge);
    log.info("The bridge has no proxy", { bridge });
    return;
  }
  const [nobodys] = networks.filter(isNobodys);
  if (nobodys !== undefined) {
    const ports = nobodys.endpoints.map(({ servicePort }) => servicePort).join(" ");
    const remedy = `to be rid of them, run "setup down --bridge ${bridge}", then "setup up" for each network`;
    log.warning(`Keeping services of which nobody knows whose they are; ${remedy}`, { bridge, ports });
  }
  try {
    await applyRecord(bridge, networks);
  } catch (error) {
    await writeRecord(record, bridge, before);
    throw error;
  }
}

/** What is on a bridge of which nothing is recorded: the network driver's own, or of a record that was lost. */
function adopt(bridge: BridgeName, { maps }: NftState): NetworkRecord[] {
  const endpoints = maps.bridges.get(bridge) ?? [];
  return endpoints.length === 0 ? [] : [{ endpoints }];
}
