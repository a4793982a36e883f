/**
 * From the record of one bridge to the kernel's state of it.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { log } from "../log.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { ensureRules, listState } from "../nft/nft.ts";
import type { MapListing } from "../nft/parse.ts";
import { ensureLinks } from "../netns/links.ts";
import { copyOf, type NetworkRecord, unionOf } from "./record.ts";

/** What of a bridge's map is not of its record. */
export interface ApplyOptions {
  /** Whether endpoints that the record does not know stay, as they must where nobody has asked for anything else. */
  readonly keepsOthers?: boolean;
}

/**
 * Makes the kernel's state of one bridge what its record says. Whoever calls it holds the lock of `setup`.
 *
 * @param bridge The bridge.
 * @param networks Its networks; at least one.
 * @param options What becomes of endpoints that are not recorded; unless told, they go.
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
  // The map comes last: whoever finds it finds a namespace that is ready.
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
