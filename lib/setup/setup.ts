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
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { listState } from "../nft/nft.ts";
import { changeBridge, withSetupLock } from "./change.ts";
import { type KeptEndpoint, keptOf } from "./keep.ts";
import { endpointsOf, isNobodys, type NetworkRecord, withNetwork, withoutNetwork } from "./record.ts";
import { recoverRecord } from "./record_file.ts";
import { isNetwork } from "./record_parse.ts";

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
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/table.ts`.
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
      await changeBridge(bridge, true, (networks) => {
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
 * Removes a bridge's proxy, or what one network on it has. It goes by names and by what `up` recorded: the bridge, the
 * configuration and name resolution may be gone. Doing it twice, or after half of anything, is fine.
 *
 * @param bridge The bridge.
 * @param network The network that goes; all of them unless told.
 * @throws {import("../run_command.ts").CommandError} If ip or nft fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/table.ts`.
 */
export async function down(bridge: BridgeName, network?: Network): Promise<void> {
  await withSetupLock(() =>
    network === undefined
      ? changeBridge(bridge, false, () => [])
      : changeBridge(bridge, true, (networks) => withoutNetwork(networks, network))
  );
}
