/**
 * Trying out the path of each bridge, one after the other: there is one port of the probe on a host at most.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { Owner } from "../daemon/owner.ts";
import { tryBridge } from "../daemon/run_probe.ts";
import type { BridgeName } from "../names.ts";
import type { Link } from "../netns/observe.ts";
import { currentForm } from "../permissions/current_form.ts";
import type { PathAttempt } from "../try_path.ts";
import { VERSION } from "../version.ts";
import { type Fact, gather } from "./fact.ts";
import type { FirstFacts, NotTried } from "./facts.ts";

/** How many services of a bridge are tried out. The proxies serve twice as many streams of the probe in a second. */
const MOST_PORTS = 32;

/** No further bridge is tried out after this time, in milliseconds. */
const ALL_MS = 30_000;

/** How long one bridge may take, in milliseconds: a start, another doctor's bridge, and the path itself. */
const BRIDGE_MS = 45_000;

/**
 * Tries out the paths.
 *
 * @param first Facts that do not depend on others.
 * @param endpoints What the bridges' guests should be served.
 * @param owner The user that all proxies run as, if there is one.
 * @returns What has become of each bridge's.
 */
export async function gatherPaths(
  first: FirstFacts,
  endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>,
  owner: Owner,
): Promise<Map<BridgeName, Fact<PathAttempt | NotTried>>> {
  const paths = new Map<BridgeName, Fact<PathAttempt | NotTried>>();
  const began = performance.now();
  for (const [bridge, served] of endpoints) {
    const ports = served.slice(0, MOST_PORTS).map(({ servicePort }) => servicePort);
    const found = performance.now() - began > ALL_MS
      ? { notTried: `those before took too long; run "tproxy doctor --bridge ${bridge}"` }
      : deviceFor(bridge, first);
    const fact = await gather(async () => {
      return "notTried" in found ? found : await tryBridge(bridge, found, ports, { owner, form: currentForm() });
    }, BRIDGE_MS);
    paths.set(bridge, fact);
  }
  return paths;
}

/**
 * Finds the device of a bridge that can be tried out.
 *
 * @param bridge The bridge.
 * @param facts The devices and the processes of the host.
 * @returns The device, or why it can't be.
 */
export function deviceFor(
  bridge: BridgeName,
  { links, processes }: Pick<FirstFacts, "links" | "processes">,
): Link | NotTried {
  if (!links.known) return { notTried: links.why };
  const device = links.value.find(({ name, kind }) => name === bridge && kind === "bridge");
  if (device === undefined) return { notTried: "there is no such bridge" };
  if (device.stp) return { notTried: "the bridge runs STP, so a new port carries nothing for half a minute" };
  const daemons = processes.known ? processes.value.daemons : [];
  const other = daemons.find(({ draining, role, version }) =>
    !draining && (role.bridge === undefined || role.bridge === bridge) && version !== VERSION
  );
  // A version that does not know the probe would serve it like a guest, and count it.
  return other === undefined
    ? device
    : { notTried: `${other.role.title} is of another version, which may not know it` };
}
