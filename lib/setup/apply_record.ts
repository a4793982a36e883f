/**
 * Applying the record of one bridge to the kernel.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { ensureRules, listState } from "../nft/nft.ts";
import type { MapListing } from "../nft/parse_state.ts";
import { ensureLinks } from "../netns/links.ts";
import { unionOf } from "./join_endpoints.ts";
import { copyOf, type NetworkRecord } from "./setup_record.ts";

/** How to treat endpoints that are not recorded. */
export interface ApplyOptions {
  /** Whether endpoints in the map that are not recorded stay. They stay unless somebody has asked to remove them. */
  readonly keepsOthers?: boolean;
}

/**
 * Applies the record of one bridge to the kernel. The caller holds the lock of `setup`.
 *
 * @param bridge The bridge.
 * @param networks Its networks; at least one.
 * @param options Whether endpoints that are not recorded stay; they are removed by default.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for ip and nft, and `--allow-read=/run/netns`.
 */
export async function applyRecord(
  bridge: BridgeName,
  networks: readonly NetworkRecord[],
  { keepsOthers = false }: ApplyOptions = {},
): Promise<void> {
  const { endpoints, clashes } = unionOf(networks);
  for (const clash of clashes) {
    const fields = { bridge, port: clash.servicePort, remote: remoteOf(clash) };
    log.warning("Another network of the bridge has this port for another service, or with other options", fields);
  }
  // The map comes last: where there is a map, the namespace is ready.
  const rules = await ensureLinks(namesOf(bridge), async () => {
    const present = keepsOthers ? { present: inMap(bridge, (await listState()).maps) } : {};
    return await ensureRules({ bridge, endpoints, copy: copyOf(networks), ...present });
  });
  const ports = endpoints.map(({ servicePort }) => servicePort).join(" ");
  log.info("The bridge is set up", { bridge, ports, rules });
}

function inMap(bridge: BridgeName, { bridges, unusable }: MapListing): Endpoint[] {
  return [...bridges.get(bridge) ?? [], ...unusable.get(bridge) ?? []];
}
