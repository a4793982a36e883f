/**
 * The commands of `tproxy-setup` for one bridge: set it up from the configuration, and remove it.
 *
 * @module
 */

import type { ConfigSource } from "../config/noted.ts";
import type { Network } from "../config/select.ts";
import { InputError } from "../errors.ts";
import type { BridgeName } from "../names.ts";
import { listState } from "../nft/nft.ts";
import { changeBridge, withSetupLock } from "./change_bridge.ts";
import type { KeptEndpoint } from "./kept_services.ts";
import { type NetworkOnBridge, setUp } from "./set_up.ts";
import { hasNetwork, isNobodys, type NetworkRecord, withoutNetwork } from "./setup_record.ts";
import { recoverRecord, writeRecord } from "./setup_record_file.ts";
import { isNetwork } from "./setup_record_parse.ts";

/** A bridge, the network whose guests are on it, and the configuration. */
export interface UpRequest {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The virtual network. If it is missing, every recorded network of the bridge is meant. */
  readonly network?: Network;
  /** The configuration. */
  readonly source: ConfigSource;
}

/**
 * Sets up one bridge from the configuration: the endpoints in nft, the veth pair and the namespace. The endpoints of
 * other networks on the bridge stay. A network without an entry adds none. An endpoint whose entry can't be used stays
 * as it is. A second call changes nothing.
 *
 * @param request What to set up.
 * @returns The endpoints that stay because their entry can't be used.
 * @throws {InputError} If the network's name or ID is not valid, or if no network is named and none is recorded.
 * @throws {import("../errors.ts").NotNotedError} If the source knows only what is noted, and this is not; then
 * nothing has changed.
 * @throws {ConfigError} If the configuration can't be read or has no `:tproxy:` key.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function up({ bridge, network, source }: UpRequest): Promise<readonly KeptEndpoint[]> {
  const named = network === undefined ? await findRecorded(bridge) : [network];
  if (!named.every(isNetwork)) {
    throw new InputError("The network's name is empty or too long", "name it by --network-id");
  }
  const wanted = named.map((network) => ({ bridge, network }));
  // A network from the record may be removed while its names are resolved.
  const { kept, failures } = await setUp(wanted, source, { ifRecorded: network === undefined });
  for (const error of failures.values()) throw error;
  return kept;
}

/** Finds the recorded networks of a bridge. */
async function findRecorded(bridge: BridgeName): Promise<Network[]> {
  const networks = await withSetupLock(async () => (await recoverRecord(listState)).get(bridge) ?? []);
  const named = networks.filter((network) => !isNobodys(network)).map(({ endpoints: _, ...network }) => network);
  if (named.length > 0) return named;
  throw new InputError(
    `No network is recorded on ${bridge}`,
    'name it with --network NAME, --network-id ID or both; "tproxy-setup list" shows what is recorded',
  );
}

/**
 * Removes a bridge's proxy, or the services of one network on it. It needs names and the record only: the bridge and
 * the configuration may be gone, and names need not resolve. It also removes a half-finished setup. A second call
 * changes nothing.
 *
 * @param bridge The bridge.
 * @param network The network to remove; all of them by default.
 * @throws {import("../run_command.ts").CommandError} If ip or nft fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function down(bridge: BridgeName, network?: Network): Promise<void> {
  await withSetupLock(() =>
    network === undefined
      ? changeBridge(bridge, false, () => [])
      : changeBridge(bridge, true, (networks) => withoutNetwork(networks, network))
  );
}

/**
 * Records networks without services, so that a later configuration can give them some. The kernel's state does not
 * change. The caller holds the lock of `setup`.
 *
 * @param all The networks, and the bridge of each. Those that can't be recorded are left out.
 * @throws {import("../errors.ts").TproxyError} If the record is lost, and nft's state can't be listed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function remember(all: readonly NetworkOnBridge[]): Promise<void> {
  const record = await recoverRecord(listState);
  const changes = new Map<BridgeName, readonly NetworkRecord[]>();
  for (const { bridge, network } of all) {
    const networks = changes.get(bridge) ?? record.get(bridge) ?? [];
    if (!isNetwork(network) || hasNetwork(networks, network)) continue;
    changes.set(bridge, [...networks, { ...network, endpoints: [] }]);
  }
  if (changes.size > 0) writeRecord(record, changes);
}
