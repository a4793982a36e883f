/**
 * What `tproxy-setup` does for one bridge: from the configuration to kernel state, and back to nothing.
 *
 * @module
 */

import { remoteOf } from "../address.ts";
import { prepareThenLock } from "../config/fresh.ts";
import { readConfig } from "../config/read.ts";
import { resolveIpv4 } from "../config/resolve.ts";
import type { Network } from "../config/select.ts";
import { InputError } from "../errors.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import { listState } from "../nft/nft.ts";
import { changeBridge, withSetupLock } from "./change.ts";
import { giveTo, selectGrants } from "./grant.ts";
import type { KeptEndpoint } from "./keep.ts";
import { endpointsOf, hasNetwork, isNobodys, withoutNetwork } from "./record.ts";
import { recoverRecord, writeRecord } from "./record_file.ts";
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
    prepare: async () => await selectGrants(await readConfig(path), named, resolveIpv4),
    lock: withSetupLock,
    use: async ({ grants, warnings }) => {
      for (const warning of warnings) log.warning(warning);
      const kept: KeptEndpoint[] = [];
      await changeBridge(bridge, true, (networks) => {
        // One that was only found in the record may have gone while its names were resolved.
        const due = grants.filter((grant) => network !== undefined || hasNetwork(networks, grant.network));
        return due.reduce((all, grant) => {
          const given = giveTo(all, grant);
          kept.push(...given.kept);
          if (endpointsOf(given.networks, grant.network).length === 0) {
            log.warning("No service is configured for this network", { bridge, ...grant.network });
          }
          return given.networks;
        }, networks);
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

/**
 * Records a network that can't be given anything now, so that it gets what a later configuration has for it. Nothing of the
 * kernel's state changes.
 *
 * @param bridge The bridge.
 * @param network The network.
 * @throws {import("../errors.ts").LockError} If another run holds the lock of `setup` for longer than 30 seconds.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/table.ts`.
 */
export async function remember(bridge: BridgeName, network: Network): Promise<void> {
  if (!isNetwork(network)) return;
  await withSetupLock(async () => {
    const record = await recoverRecord(listState);
    const networks = record.get(bridge) ?? [];
    if (!hasNetwork(networks, network)) await writeRecord(record, bridge, [...networks, { ...network, endpoints: [] }]);
  });
}
