/**
 * The user that the data path runs as.
 *
 * @module
 */

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

/**
 * Looks up the user that the daemons run as.
 *
 * @param name The value of `:tproxy_process_owner:`, if it is set.
 * @returns That user if it exists, else `nobody`.
 * @throws {DaemonError} If there is no `nobody` either.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/getent`.
 */
export async function findOwner(name: string | undefined): Promise<Owner> {
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

async function lookUp(name: string): Promise<Owner | undefined> {
  let line: string;
  try {
    line = await runCommand("getent", ["passwd", "--", name]);
  } catch (error) {
    // getent(1): 2 is "not found in the database".
    if (error instanceof CommandError && error.exitCode === 2) return undefined;
    throw error;
  }
  // passwd(5): name:password:UID:GID:…
  const [, , uid, gid] = line.split(":").map(Number);
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } as Owner : undefined;
}
