/**
 * The command line and the environment that a daemon is started with: without rights, with exactly its permissions. Pure.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { PROGRAMS } from "../programs.ts";
import { FLAGS_MARK, HOST_MARK, RETIRE_MARK, TAKE_OVER } from "../protocol/lifecycle.ts";
import { innerOf, type Role } from "../role.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";
import type { Form } from "../permissions/form.ts";

/** From coreutils 8.31; run by prlimit, so that nobody needs a permission for it. */
const ENV_PROGRAM = "/usr/bin/env";

/**
 * How long a daemon's flags may be, in bytes. Linux takes no argument and no variable of 128 KiB (execve(2)), and ps shows no
 * more than that of a command line with its whole environment.
 */
const LONGEST_FLAGS = 120 * 1024;

/** From how many bytes on an allocation is one of its own: glibc's default; a slab of buffers is longer. */
const OWN_ALLOCATION = 128 * 1024;

/** What a daemon is started with. */
export interface DaemonStart {
  /** What it is. */
  readonly role: Role;
  /** Its permission flags. */
  readonly flags: readonly string[];
  /** The user that all daemons run as, if there is one. */
  readonly owner: Owner;
  /** The most it may take of the host: prlimit's options. */
  readonly resources: readonly string[];
  /** The bridges whose sockets it serves; none for an inner proxy. */
  readonly serves: readonly BridgeName[];
  /** The inode of the host namespace. */
  readonly host: number;
  /** In which form it is there. */
  readonly form: Form;
  /** What to do when it is about to take its ports over from a daemon of another user; if there is none, it takes none over. */
  readonly onWaiting?: (() => Promise<void>) | undefined;
}

/**
 * Makes the command line of a daemon.
 *
 * @param start What it is started with.
 * @returns The program's absolute path and its arguments. Each program in it replaces itself by the next one, so the
 * process that is started first is the daemon in the end.
 */
export function commandLine(start: DaemonStart): [string, ...string[]] {
  const { role, flags, owner, serves, resources, form, onWaiting } = start;
  // Root without capabilities is as unprivileged as anybody, except that it owns files; an operator may ask for it.
  const groups = serves.map((bridge) => groupOf(owner, innerOf(bridge)));
  const others = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  const uid = userOf(owner, role);
  const user = uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${groupOf(owner, role)}`, others];
  const unprivileged = [
    PROGRAMS.prlimit.path,
    ...resources,
    // A SIGHUP that comes before the daemon listens for it would end it; and it is about to read its routes anyway. With
    // SIGXFSZ a log that is too long would. Before setpriv: whoever may signal the user finds no moment in which one works.
    ENV_PROGRAM,
    "--ignore-signal=HUP,XFSZ",
    // Deno answers this one by listening for a debugger at 127.0.0.1:9229, where any local user could have the daemon run
    // what he likes.
    "--block-signal=USR1",
    PROGRAMS.setpriv.path,
    ...user,
    "--no-new-privs",
    "--bounding-set=-all",
    "--inh-caps=-all",
    ...form.commandOf(role.program, flags),
  ] as const;
  const option = onWaiting === undefined ? [] : [TAKE_OVER];
  return role.program === "outer"
    ? [...unprivileged]
    : [PROGRAMS.ip.path, "netns", "exec", namesOf(role.bridge).netns, ...unprivileged, role.bridge, ...option];
}

/**
 * Makes the whole environment of a daemon.
 *
 * WHY a cache folder that can be none: Deno keeps `localStorage` and `caches` there without asking for a permission, in the
 * home of the daemon's user, and the same ones for the inners of all bridges. A compiled daemon has them among its user's
 * data. WHY no update check: Deno would ask dl.deno.land for a newer version of itself, past all permissions. WHY settings of
 * the C library (mallopt(3)): without them it raises the length from which an allocation is one of its own, and gives back
 * to the system, to what was freed last; and it has a heap for each thread, where one will do. A libc without them ignores
 * them.
 *
 * @param start What it is started with.
 * @returns Variables and their values.
 * @throws {DaemonError} If the flags are longer than Linux takes, so that the daemon could not be started or not be known.
 */
export function environmentOf({ role, host, flags, form }: DaemonStart): Record<string, string> {
  const mark = flags.join(";");
  if (mark.length > LONGEST_FLAGS) {
    throw new DaemonError(
      `Cannot start ${role.title}: its permissions take ${mark.length} bytes, and Linux has room for ${LONGEST_FLAGS}`,
      "have fewer bridges, or fewer different services, on this host",
    );
  }
  return {
    [HOST_MARK]: String(host),
    [FLAGS_MARK]: mark,
    [RETIRE_MARK]: "USR2",
    [form.dataVariable]: "/dev/null",
    DENO_NO_UPDATE_CHECK: "1",
    MALLOC_MMAP_THRESHOLD_: String(OWN_ALLOCATION),
    MALLOC_ARENA_MAX: "1",
  };
}
