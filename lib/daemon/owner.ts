/**
 * The user that the data path runs as.
 *
 * @module
 */

import { hashDigits } from "../hash.ts";
import type { BridgeName } from "../names.ts";
import { DEFAULT_PROCESS_OWNER } from "../config/config.ts";
import { DaemonError } from "../errors.ts";
import { getLogger } from "../log.ts";
import { CommandError, runCommand } from "../run_command.ts";

const log = getLogger("owner");

/** A user of this host, by numbers. */
export interface Owner {
  /** The user. */
  readonly uid: number;
  /** Its primary group. */
  readonly gid: number;
}

/** The same, with the name that a person knows it by. */
export interface NamedOwner extends Owner {
  /** The user's name. */
  readonly name: string;
}

/**
 * Groups of ours have no name, and numbers that systemd's UIDs-GIDS page calls unused: from 1,879,048,192 to 2,147,483,646.
 */
const FIRST_GROUP = 1_900_000_000;

/** Six digits of the hash: 16,777,216 groups for bridges, and one more for outer. */
const GROUP_DIGITS = 6;

/**
 * Tells the group that a daemon runs as.
 *
 * WHY one for each bridge: all inners are one user. A bridge's folder is open to its group alone, so that an inner that
 * has broken out of its sandbox still finds no other bridge's socket, nor can it trace another daemon; nor does any other
 * program of that user. Only outer is in all of them.
 *
 * @param owner The user that the daemons run as; root's own group serves for all, since root needs none.
 * @param bridge The bridge of an inner proxy; `undefined` for outer.
 * @returns A group by number.
 */
export function groupOf(owner: Owner, bridge: BridgeName | undefined): number {
  if (owner.uid === 0) return owner.gid;
  return FIRST_GROUP + (bridge === undefined ? 16 ** GROUP_DIGITS : Number(`0x${hashDigits(bridge, GROUP_DIGITS)}`));
}

/**
 * Looks up the user that the daemons run as.
 *
 * @param name The value of `:tproxy_process_owner:`, if it is set.
 * @returns That user if it exists, else `nobody`.
 * @throws {DaemonError} If there is no `nobody` either.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function findOwner(name: string | undefined): Promise<NamedOwner> {
  const wanted = name === undefined ? undefined : await lookUp(name);
  if (wanted !== undefined) return wanted;
  if (name !== undefined) {
    log.warning("There is no such user; the proxies run as another one", {
      user: name,
      instead: DEFAULT_PROCESS_OWNER,
    });
  }
  const fallback = await lookUp(DEFAULT_PROCESS_OWNER);
  if (fallback !== undefined) return fallback;
  throw new DaemonError(
    `There is no user ${DEFAULT_PROCESS_OWNER}`,
    "set :tproxy_process_owner: to a user without rights",
  );
}

/**
 * Tells whether the daemons could run as a user.
 *
 * @param name A user's name.
 * @returns Whether this host knows it.
 * @throws {CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function isUser(name: string): Promise<boolean> {
  return await lookUp(name) !== undefined;
}

async function lookUp(user: string): Promise<NamedOwner | undefined> {
  let line: string;
  try {
    line = await runCommand("getent", ["passwd", "--", user]);
  } catch (error) {
    // getent(1): 2 is "not found in the database".
    if (error instanceof CommandError && error.exitCode === 2) return undefined;
    throw error;
  }
  // passwd(5): name:password:UID:GID:…
  const [name = user, , uid, gid] = line.split(":");
  const owner = { name, uid: Number(uid), gid: Number(gid) };
  return Number.isInteger(owner.uid) && Number.isInteger(owner.gid) ? owner : undefined;
}
