/**
 * What the daemons and the probe may do. `command_permissions.ts` says it of the programs that run as commands.
 *
 * @module
 */

import { type Endpoint, remotesOf } from "../address.ts";
import { CONTROL_KINDS, NEW_SOCKET_DIR, newControlSocket, newStringSocket, OUTER_SLOTS } from "../outer_sockets.ts";
import { type BridgeName, GUEST_ADDRESS } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { STRINGS_DIR } from "../paths.ts";
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
 * @returns Make its sockets and move them to any bridge's folder, dial exactly the listed remotes, write its own log
 * and counts. They depend on the remotes alone, so a new bridge asks for no successor.
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
  const remotes = new Set([...bridges.values()].flat().flatMap(remotesOf));
  return {
    net: [
      ...OUTER_SLOTS.map((slot) => `unix:${newStringSocket(slot)}`),
      ...CONTROL_KINDS.flatMap((kind) => OUTER_SLOTS.map((slot) => `unix:${newControlSocket(kind, slot)}`)),
      ...[...remotes].toSorted(),
    ],
    read: [OUTER.routesFile, ...OUTER.usageFiles, NEW_SOCKET_DIR, STRINGS_DIR],
    write: [OUTER.log, OUTER.statsFile, ...OUTER.usageFiles, NEW_SOCKET_DIR, STRINGS_DIR],
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
