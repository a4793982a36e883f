/**
 * Looking up users and groups by getent(1).
 *
 * @module
 */

import type { LogLine } from "../log.ts";
import { CommandError, runCommand } from "../run_command.ts";
import type { Owner, User } from "./owner.ts";

/**
 * Looks up the user that all daemons run as.
 *
 * @param name The value of `:tproxy_process_owner:`, if it is set.
 * @param warn Warns of a user that does not exist.
 * @returns That user; `undefined` if none is named or there is no such user. Then each daemon has a user of its own.
 * @throws {CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function findOwner(name: string | undefined, warn: LogLine): Promise<Owner> {
  if (name === undefined) return undefined;
  const owner = await lookUp(name);
  if (owner === undefined) warn("There is no such user; each proxy runs as a user of its own", { user: name });
  return owner;
}

/**
 * Looks up a user's number.
 *
 * @param name A user's name.
 * @returns Its number, or `undefined` if this host does not know it.
 * @throws {CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function findUid(name: string): Promise<number | undefined> {
  return (await lookUp(name))?.uid;
}

/** The group that may read the system's logs on Debian, Ubuntu and the Enterprise Linux family. */
const LOG_READERS = "adm";

/**
 * Finds the group that may read the logs.
 *
 * @returns Its number, or `undefined` if this host has no such group.
 * @throws {CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function findLogReaders(): Promise<number | undefined> {
  // group(5): name:password:GID:users
  const gid = Number((await getEntry("group", LOG_READERS))?.split(":")[2] ?? NaN);
  return Number.isInteger(gid) ? gid : undefined;
}

/**
 * Finds out whether a group has a name on this host, so that people may be in it.
 *
 * @param gid The group's number.
 * @returns Whether it has.
 * @throws {CommandError} If getent fails.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function hasName(gid: number): Promise<boolean> {
  return await getEntry("group", String(gid)) !== undefined;
}

async function lookUp(user: string): Promise<User | undefined> {
  const line = await getEntry("passwd", user);
  if (line === undefined) return undefined;
  // passwd(5): name:password:UID:GID:…
  const [name = user, , uid, gid] = line.split(":");
  const found = { name, uid: Number(uid), gid: Number(gid) };
  return Number.isInteger(found.uid) && Number.isInteger(found.gid) ? found : undefined;
}

async function getEntry(database: "passwd" | "group", key: string): Promise<string | undefined> {
  try {
    return await runCommand("getent", [database, "--", key]);
  } catch (error) {
    // getent(1): 2 is "not found in the database".
    if (error instanceof CommandError && error.exitCode === 2) return undefined;
    throw error;
  }
}
