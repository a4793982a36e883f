/**
 * The names of outer's control sockets, at which root asks for its streams or ends some of them.
 *
 * Outer makes them in a folder of its own, and root moves each into a folder that root alone can enter. There outer can't
 * replace it, so root knows whom it asks.
 *
 * @module
 */

import { PROXY_DIR } from "./names.ts";
import { MOST_OF_ONE_ROLE } from "./role.ts";

/** What may be asked at a socket: `look` for what changes nothing, `act` for what does. */
export type ControlKind = "look" | "act";

/** Both kinds. */
export const CONTROL_KINDS: readonly ControlKind[] = ["look", "act"];

/** The folder in which outer makes its sockets. The names of both folders are longer than a bridge name may be. */
export const NEW_CONTROL_DIR = `${PROXY_DIR}/control-sockets-of-outer`;

/** The folder to which root moves them. */
export const CONTROL_DIR = `${PROXY_DIR}/control-sockets-for-root`;

/** The numbers of the outers that may run at once; each takes the number of its usage file. */
export const CONTROL_SLOTS: readonly number[] = Array.from({ length: MOST_OF_ONE_ROLE }, (_, slot) => slot);

/**
 * Names the socket that outer makes.
 *
 * @param kind What may be asked there.
 * @param slot The number of the outer.
 * @returns Its path.
 */
export function newControlSocket(kind: ControlKind, slot: number): string {
  return `${NEW_CONTROL_DIR}/${kind}.${slot}.socket`;
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
