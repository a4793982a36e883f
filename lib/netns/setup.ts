/**
 * What `tproxy-setup` does for one bridge: from the configuration to kernel state, and back to nothing.
 *
 * @module
 */

import { describeProblem } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { type Network, selectEndpoints } from "../config/select.ts";
import { ConfigError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, type BridgeNames, namesOf, RUN_FILES } from "../names.ts";
import { ensureRules, removeRules } from "../nft/nft.ts";
import { ensureLinks, removeLinks } from "./links.ts";

const log = getLogger("setup");

/** Longer than any run takes, shorter than what a driver waits for a VM's network. */
const LOCK_DEADLINE_MS = 30_000;

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
 * Makes the kernel's state of one bridge what the configuration says: endpoints in nft, the veth pair, the namespace.
 * A network for which no entry is meant gets no proxy. Doing it twice is doing it once.
 *
 * @param request What to set up.
 * @throws {ConfigError} If the configuration can't be read or has no `:tproxy:` key.
 * @throws {import("../errors.ts").KernelStateError} If the bridge is not there, or a device in the way is not ours.
 * @throws {import("../run_command.ts").CommandError} If ip, nft or sysctl fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/daemon/permissions.ts`.
 */
export async function up({ bridge, network, config: path }: UpRequest): Promise<void> {
  const names = namesOf(bridge);
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    const config = await readConfig(path);
    if (config.entries === undefined) {
      throw new ConfigError(
        `The configuration ${path} has no :tproxy: key`,
        "add the list of services to it, see docs/reference.md",
      );
    }
    for (const problem of config.problems) log.warning(describeProblem(path, problem));
    const { endpoints, warnings } = await selectEndpoints(config, network);
    for (const warning of warnings) log.warning(warning);
    if (endpoints.length === 0) {
      log.warning("No service is configured for this network: its bridge gets no proxy", { bridge, ...network });
      await remove(names);
      return;
    }
    // The map comes last: whoever finds it finds a namespace that is ready.
    await ensureLinks(names, () => ensureRules(bridge, endpoints));
    log.info("The bridge is set up", { bridge, ports: endpoints.map((endpoint) => endpoint.servicePort).join(" ") });
  });
}

/**
 * Removes all of one bridge's kernel state. It goes by names alone: the bridge, the configuration and name resolution
 * may be gone. Doing it twice, or after half of anything, is fine.
 *
 * @param bridge The bridge.
 * @throws {import("../run_command.ts").CommandError} If ip or nft fails.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/daemon/permissions.ts`.
 */
export async function down(bridge: BridgeName): Promise<void> {
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, () => remove(namesOf(bridge)));
  log.info("The bridge has no proxy any more", { bridge });
}

async function remove(names: BridgeNames): Promise<void> {
  await removeRules(names.bridge);
  await removeLinks(names);
}
