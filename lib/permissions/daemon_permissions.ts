/**
 * What the daemons and the probe may do. `command_permissions.ts` says it of the programs that run as commands.
 *
 * @module
 */

import { type Endpoint, remotesOf } from "../address.ts";
import { CONTROL_KINDS, CONTROL_SLOTS, NEW_CONTROL_DIR, newControlSocket } from "../control_sockets.ts";
import { type BridgeName, GUEST_ADDRESS, namesOf } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import type { Permissions } from "./permissions.ts";

/**
 * What an inner proxy may do.
 *
 * @param bridge Its bridge.
 * @returns Listen at the guest-facing address, call outer, read its own ports, write its own log and counts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { innerPermissions, parseBridgeName } from "@one/tproxy";
 *
 * assert.deepEqual(innerPermissions(parseBridgeName("br0")).run, []);
 * ```
 */
export function innerPermissions(bridge: BridgeName): Permissions {
  const { socket } = namesOf(bridge);
  const { log, routesFile, statsFile, usageFiles } = innerOf(bridge);
  return {
    // To connect to a socket, Deno wants the permissions net, read and write.
    net: [GUEST_ADDRESS, `unix:${socket}`],
    read: [routesFile, socket, ...usageFiles],
    write: [log, socket, statsFile, ...usageFiles],
    run: [],
    env: [],
    sys: [],
  };
}

/**
 * What the outer proxy may do.
 *
 * @param bridges The endpoints of every bridge that it serves.
 * @returns Listen on the bridges' sockets, dial exactly the listed remotes, write its own log and counts.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { outerPermissions, parseBridgeName } from "@one/tproxy";
 *
 * const endpoint = { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 80 };
 * const { net } = outerPermissions(new Map([[parseBridgeName("br0"), [endpoint]]]));
 * assert.ok(net.includes("10.11.12.13:80"));
 * ```
 */
export function outerPermissions(bridges: ReadonlyMap<BridgeName, readonly Endpoint[]>): Permissions {
  const names = [...bridges.keys()].toSorted().map(namesOf);
  const remotes = new Set([...bridges.values()].flat().flatMap(remotesOf));
  const folders = names.map(({ stringDir }) => stringDir);
  return {
    net: [
      ...names.map(({ nextSocket }) => `unix:${nextSocket}`),
      ...CONTROL_KINDS.flatMap((kind) => CONTROL_SLOTS.map((slot) => `unix:${newControlSocket(kind, slot)}`)),
      ...[...remotes].toSorted(),
    ],
    read: [OUTER.routesFile, ...OUTER.usageFiles, NEW_CONTROL_DIR, ...folders],
    write: [OUTER.log, OUTER.statsFile, ...OUTER.usageFiles, NEW_CONTROL_DIR, ...folders],
    run: [],
    env: [],
    sys: [],
  };
}

/**
 * What the probe may do, which `tproxy doctor` starts.
 *
 * @param targets The addresses with ports that it is told to connect to.
 * @returns Connect to exactly these.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { probePermissions } from "@one/tproxy";
 *
 * assert.deepEqual(probePermissions(["10.11.12.13:80"]).net, ["10.11.12.13:80"]);
 * ```
 */
export function probePermissions(targets: readonly string[]): Permissions {
  return { net: targets, read: [], write: [], run: [], env: [], sys: [] };
}
