/**
 * Setting up the bridges of some networks from the configuration.
 *
 * @module
 */

import { prepareThenLock } from "../config/prepare_then_lock.ts";
import type { ConfigSource } from "../config/noted.ts";
import { resolveIpv4 } from "../config/resolve_name.ts";
import type { Network } from "../config/select.ts";
import { log } from "../log.ts";
import type { BridgeName } from "../names.ts";
import type { Failures } from "./apply_record.ts";
import { type Change, changeBridges, withSetupLock } from "./change_bridge.ts";
import { giveTo, selectGrants } from "./grant.ts";
import { type KeptEndpoint, warnOfKept } from "./kept_services.ts";
import { endpointsOf, hasNetwork } from "./setup_record.ts";

/** A network whose guests are on a bridge. */
export interface NetworkOnBridge {
  /** The bridge. */
  readonly bridge: BridgeName;
  /** The virtual network. */
  readonly network: Network;
}

/** What has become of the bridges. */
export interface SetUp {
  /** The endpoints that stay because their entry can't be used. */
  readonly kept: readonly KeptEndpoint[];
  /** The bridges that could not be set up; they are as they were. */
  readonly failures: Failures;
}

/**
 * Sets up bridges from the configuration, all of them with one nft transaction.
 *
 * @param wanted The networks, each valid, and the bridge of each.
 * @param source Where the configuration is read from.
 * @param options Whether a network that is not recorded any more by then is left out; and what else is done under the
 * lock, before the bridges are changed.
 * @returns What has become of them.
 * @throws {import("../errors.ts").ConfigError} If the configuration can't be read or has no `:tproxy:` key.
 * @throws {import("../errors.ts").TproxyError} If the lock can't be taken, or nft's state can't be listed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function setUp(
  wanted: readonly NetworkOnBridge[],
  source: ConfigSource,
  { ifRecorded = false, note }: { readonly ifRecorded?: boolean; readonly note?: () => void } = {},
): Promise<SetUp> {
  return await prepareThenLock({
    path: source.path,
    prepare: async () => await selectGrants(await source.read(), wanted.map(({ network }) => network), resolveIpv4),
    lock: withSetupLock,
    use: async ({ grants, warnings }) => {
      note?.();
      await source.note?.();
      for (const warning of warnings) log.warning(warning);
      const kept = new Map<BridgeName, KeptEndpoint[]>();
      const changes = new Map<BridgeName, Change>();
      for (const bridge of new Set(wanted.map(({ bridge }) => bridge))) {
        const granted = grants.filter((_, at) => wanted[at]?.bridge === bridge);
        kept.set(bridge, []);
        changes.set(bridge, (networks) => {
          const due = granted.filter(({ network }) => !ifRecorded || hasNetwork(networks, network));
          return due.reduce((all, grant) => {
            const given = giveTo(all, grant);
            kept.get(bridge)?.push(...given.kept);
            if (endpointsOf(given.networks, grant.network).length === 0) {
              log.warning("No service is configured for this network", { bridge, ...grant.network });
            }
            return given.networks;
          }, networks);
        });
      }
      const failures = await changeBridges(changes, true);
      for (const [bridge, endpoints] of kept) if (!failures.has(bridge)) warnOfKept(bridge, endpoints, source.path);
      return { kept: [...kept.values()].flat(), failures };
    },
  });
}
