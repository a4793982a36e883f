/**
 * The names of the sockets that outer makes in a folder of its own. From there each goes to where it can be reached:
 *
 * - Outer moves a bridge's socket into the bridge's folder. Deno has to allow each path at which a program listens. The
 *   path here is the same for all bridges, so an outer that runs can serve a bridge that did not exist when it started.
 * - Root moves the control sockets, at which it asks for streams or ends some of them, into a folder that root alone
 *   can enter. There outer can't replace them, so root knows whom it asks.
 *
 * @module
 */

import { PROXY_DIR } from "./paths.ts";
import { MOST_OF_ONE_ROLE } from "./role.ts";

/** What may be asked at a socket: `look` for what changes nothing, `act` for what does. */
export type ControlKind = "look" | "act";

/** Both kinds. */
export const CONTROL_KINDS: readonly ControlKind[] = ["look", "act"];

/** The folder in which outer makes its sockets. The names of both folders are longer than a bridge name may be. */
export const NEW_SOCKET_DIR = `${PROXY_DIR}/new-sockets-of-outer`;

/** The folder to which root moves the control sockets. */
export const CONTROL_DIR = `${PROXY_DIR}/control-sockets-for-root`;

/** The numbers of the outers that may run at once; each takes the number of its usage file. */
export const OUTER_SLOTS: readonly number[] = Array.from({ length: MOST_OF_ONE_ROLE }, (_, slot) => slot);

/**
 * Names the socket that outer makes for a bridge.
 *
 * @param slot The number of the outer, so that two outers never move each other's sockets.
 * @returns Its path until outer moves it to the bridge's folder.
 */
export function newStringSocket(slot: number): string {
  return `${NEW_SOCKET_DIR}/string.${slot}.socket`;
}

/**
 * Names the control socket that outer makes.
 *
 * @param kind What may be asked there.
 * @param slot The number of the outer.
 * @returns Its path.
 */
export function newControlSocket(kind: ControlKind, slot: number): string {
  return `${NEW_SOCKET_DIR}/${kind}.${slot}.socket`;
}

/**
 * Names the socket to which root connects.
 *
 * @param kind What may be asked there.
 * @param slot The number of the outer.
 * @returns Its path.
 */
export function controlSocket(kind: ControlKind, slot: number): string {
  return `${CONTROL_DIR}/${kind}.${slot}.socket`;
}
