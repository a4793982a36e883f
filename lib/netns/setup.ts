/**
 * What `tproxy-setup` does for one bridge: from the configuration to kernel state, and back to nothing.
 *
 * @module
 */

import { remoteOf } from "../address.ts";
import { describeProblem } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { type Network, selectEndpoints } from "../config/select.ts";
import { ConfigError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, namesOf, RUN_FILES } from "../names.ts";
import { ensureRules, removeRules } from "../nft/nft.ts";
import { type KeptEndpoint, keptOf } from "./keep.ts";
import { ensureLinks, removeLinks } from "./links.ts";
import {
  endpointsOf,
  type NetworkRecord,
  readRecord,
  unionOf,
  withNetwork,
  withoutNetwork,
  writeRecord,
} from "./record.ts";

const log = getLogger("setup");

/** Longer than any run takes, shorter than what a driver waits for a VM's network. */
export const LOCK_DEADLINE_MS = 30_000;

/** A bridge, the network whose guests are on it, and the configuration. */
export interface UpRequest {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The virtual network. */
  readonly network: Network;
  /** The configuration file. */
  readonly config: string;
}

/**
 * Makes the kernel's state of one bridge what the configuration says: endpoints in nft, the veth pair, the namespace. The
 * endpoints of other networks on the bridge stay; a network for which no entry is meant adds none. What an entry was meant
 * for that can't be used stays as it is. Doing it twice is doing it once.
 *
 * @param request What to set up.
 * @returns The endpoints that stay although no good entry has them.
 * @throws {ConfigError} If the configuration can't be read or has no `:tproxy:` key.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/daemon/permissions.ts`.
 */
export async function up({ bridge, network, config: path }: UpRequest): Promise<readonly KeptEndpoint[]> {
  return await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    const config = await readConfig(path);
    for (const problem of [...config.problems, ...config.remarks]) log.warning(describeProblem(path, problem));
    if (config.entries === undefined) {
      throw new ConfigError(
        `The configuration ${path} has no :tproxy: key`,
        "add the list of services to it, see docs/reference.md",
      );
    }
    const selection = await selectEndpoints(config, network);
    for (const warning of selection.warnings) log.warning(warning);
    let kept: readonly KeptEndpoint[] = [];
    await change(bridge, (networks) => {
      kept = keptOf(endpointsOf(networks, network), selection);
      const endpoints = [...selection.endpoints, ...kept.map(({ endpoint }) => endpoint)];
      if (endpoints.length === 0) log.warning("No service is configured for this network", { bridge, ...network });
      return withNetwork(networks, { ...network, endpoints });
    });
    for (const { endpoint, at } of kept) {
      const fields = { bridge, port: endpoint.servicePort, remote: remoteOf(endpoint), entry: `${path}:${at.line}` };
      log.warning("A service stays as it was, since its entry can't be used", fields);
    }
    return kept;
  });
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
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    await change(bridge, (networks) => network === undefined ? [] : withoutNetwork(networks, network));
  });
}

type Change = (networks: readonly NetworkRecord[]) => readonly NetworkRecord[];

/**
 * Changes which networks a bridge has, and makes its kernel state follow. The record is written first, so that a run that
 * is cut off is completed by the next one; if the kernel refuses, the record is what it was.
 */
async function change(bridge: BridgeName, change: Change): Promise<void> {
  const record = await readRecord();
  const before = record.get(bridge) ?? [];
  const networks = change(before);
  await writeRecord(record, bridge, networks);
  if (networks.length === 0) {
    await removeRules(bridge);
    await removeLinks(namesOf(bridge));
    log.info("The bridge has no proxy", { bridge });
    return;
  }
  try {
    await applyRecord(bridge, networks);
  } catch (error) {
    await writeRecord(record, bridge, before);
    throw error;
  }
}

/**
 * Makes the kernel's state of one bridge what its record says. Whoever calls it holds the lock.
 *
 * @param bridge The bridge.
 * @param networks Its networks; at least one.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read=/run/netns`.
 */
export async function applyRecord(bridge: BridgeName, networks: readonly NetworkRecord[]): Promise<void> {
  const { endpoints, clashes } = unionOf(networks);
  for (const clash of clashes) {
    const fields = { bridge, port: clash.servicePort, remote: remoteOf(clash) };
    log.warning("Another network of the bridge has this port for another service, or with other options", fields);
  }
  // The map comes last: whoever finds it finds a namespace that is ready.
  const rules = await ensureLinks(namesOf(bridge), () => ensureRules({ bridge, endpoints }));
  const ports = endpoints.map(({ servicePort }) => servicePort).join(" ");
  log.info("The bridge is set up", { bridge, ports, rules });
}
