/**
 * The user that the data path runs as.
 *
 * @module
 */

import { hashDigits } from "../hash.ts";
import type { BridgeName } from "../names.ts";
import { innerOf, type Role } from "../role.ts";

/** A user of this host. */
export interface User {
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly uid: number;
  /** The number of its primary group. */
  readonly gid: number;
}

/**
 * The user that `:tproxy_process_owner:` names; `undefined` where it names none. Then each daemon has a user of its
 * own.
 */
export type Owner = User | undefined;

/**
 * The lowest number of our users and groups, which have no names. systemd's UIDs-GIDS page calls the numbers from
 * 1,879,048,192 to 2,147,483,646 unused.
 */
const FIRST_NUMBER = 1_900_000_000;

/** Six digits of the hash: 16,777,216 numbers for bridges, and one more for outer. */
const DIGITS = 6;

/**
 * Tells the number of the user and of the group that belong to one daemon, the same on every host and in every version.
 *
 * Of 16 million pairs of bridges one shares a number ({@linkcode findTwins}). If the number depended on the other
 * bridges, it would change with them, and a daemon that runs would be another user than it should.
 *
 * @param role What the daemon is.
 * @returns A number of users and groups.
 */
export function numberOf(role: Role): number {
  return FIRST_NUMBER + (role.program === "outer" ? 16 ** DIGITS : Number(`0x${hashDigits(role.bridge, DIGITS)}`));
}

/**
 * Tells whether a number of a user or a group is one of ours: of any daemon.
 *
 * @param number The number.
 * @returns Whether it is.
 */
export function isOurNumber(number: number): boolean {
  return number >= FIRST_NUMBER && number <= FIRST_NUMBER + 16 ** DIGITS;
}

/**
 * Finds the bridges of a host whose inners are the same user by chance, so that the kernel does not keep them apart.
 *
 * @param bridges The bridges.
 * @returns Those that share a number, a list for each such number; as a rule none.
 */
export function findTwins(bridges: Iterable<BridgeName>): BridgeName[][] {
  return [...Map.groupBy(bridges, (bridge) => numberOf(innerOf(bridge))).values()].filter((twins) => twins.length > 1);
}

/**
 * Tells the user that a daemon runs as.
 *
 * By default each has a user of its own, since a daemon that has broken out of its sandbox may signal other processes
 * of its user and write to their files.
 *
 * @param owner The user that all daemons run as, if there is one.
 * @param role What the daemon is.
 * @returns A user by number.
 */
export function userOf(owner: Owner, role: Role): number {
  return owner === undefined ? numberOf(role) : owner.uid;
}

/**
 * Tells the group that a daemon runs as.
 *
 * Each bridge has a group, and the folder of its string is open to that group alone. So an inner that has broken out of
 * its sandbox reaches no other bridge's socket, and neither does any other program of the user that
 * `:tproxy_process_owner:` names.
 *
 * @param owner The user that all daemons run as, if there is one; root's own group serves for all, since root needs
 * none.
 * @param role What the daemon is.
 * @returns A group by number.
 */
export function groupOf(owner: Owner, role: Role): number {
  return owner?.uid === 0 ? owner.gid : numberOf(role);
}

/**
 * Tells in which other groups a daemon is.
 *
 * By default outer owns the bridges' folders. Where all daemons are one user, nothing but a bridge's group lets outer
 * into its folder. A process that runs can't get another group, so there a new bridge asks for a successor of outer.
 *
 * @param owner The user that all daemons run as, if there is one. A daemon of root's needs no group.
 * @param role What the daemon is.
 * @param bridges All bridges that are served.
 * @returns Groups by number.
 */
export function groupsOf(owner: Owner, role: Role, bridges: Iterable<BridgeName>): number[] {
  if (role.program === "inner" || owner === undefined || owner.uid === 0) return [];
  return Array.from(bridges, (bridge) => groupOf(owner, innerOf(bridge)));
}
