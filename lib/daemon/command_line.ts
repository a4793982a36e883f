/**
 * The command line and the environment by which a daemon is started: without capabilities, with exactly its
 * permissions. Pure.
 *
 * @module
 */

import { DaemonError } from "../errors.ts";
import { namesOf } from "../names_of.ts";
import { PROGRAMS } from "../programs.ts";
import { FLAGS_MARK, HOST_MARK, RETIRE_MARK, TAKE_OVER, VERSION_MARK } from "../protocol/lifecycle.ts";
import type { Role } from "../role.ts";
import { VERSION } from "../version.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";
import type { Form } from "../permissions/form.ts";

/** From coreutils 8.31; run by prlimit, so that nobody needs a permission for it. */
const ENV_PROGRAM = "/usr/bin/env";

/**
 * How long a daemon's flags may be, in bytes. Linux takes no argument and no variable of 128 KiB (execve(2)), and ps
 * shows no more than that of a command line with its whole environment.
 */
const LONGEST_FLAGS = 120 * 1024;

/**
 * From how many bytes on glibc maps an allocation by itself. It is glibc's default, and a slab of buffers is longer.
 */
const OWN_ALLOCATION = 128 * 1024;

/** What a daemon is started with. */
export interface DaemonStart {
  /** What it is. */
  readonly role: Role;
  /** Its permission flags. */
  readonly flags: readonly string[];
  /** The user that all daemons run as, if there is one. */
  readonly owner: Owner;
  /** The most that it may take of the host, as options of prlimit. */
  readonly resources: readonly string[];
  /** The other groups that it is in. */
  readonly groups: readonly number[];
  /** The inode of the host namespace. */
  readonly host: number;
  /** In which form it is there. */
  readonly form: Form;
  /**
   * What to do when it is about to take its ports over from a daemon of another user; if there is none, it takes none
   * over.
   */
  readonly onWaiting?: (() => Promise<void>) | undefined;
}

/**
 * Renders the command line of a daemon.
 *
 * @param start What it is started with.
 * @returns The program's absolute path and its arguments. Each program in it replaces itself by the next one, so the
 * process that is started first is the daemon in the end.
 */
export function commandLine(start: DaemonStart): [string, ...string[]] {
  const { role, flags, owner, groups, resources, form, onWaiting } = start;
  const others = groups.length === 0 ? "--clear-groups" : `--groups=${groups.join(",")}`;
  const uid = userOf(owner, role);
  // An operator may name root; without capabilities it has no privilege but that it owns files.
  const user = uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${groupOf(owner, role)}`, others];
  const unprivileged = [
    PROGRAMS.prlimit.path,
    ...resources,
    // Before setpriv, so that who may signal the daemon's user never finds the signals not ignored.
    ENV_PROGRAM,
    // SIGHUP would end a daemon that does not listen for it yet, and is about to read its routes anyway. SIGXFSZ would
    // end one whose log is too long.
    "--ignore-signal=HUP,XFSZ",
    // On SIGUSR1 Deno listens for a debugger at 127.0.0.1:9229, by which any local user could have the daemon run any
    // code.
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
 * Renders the whole environment of a daemon.
 *
 * @param start What it is started with.
 * @returns Variables and their values.
 * @throws {DaemonError} If the flags are longer than Linux takes, so that the daemon could not be started or not be
 * known.
 */
export function environmentOf({ role, host, flags, form }: DaemonStart): Record<string, string> {
  const mark = flags.join(";");
  if (mark.length > LONGEST_FLAGS) {
    throw new DaemonError(
      `Cannot start ${role.title}: its permissions take ${mark.length} bytes, and Linux has room for ${LONGEST_FLAGS}`,
      "have fewer different services on this host",
    );
  }
  return {
    [HOST_MARK]: String(host),
    [FLAGS_MARK]: mark,
    [RETIRE_MARK]: "USR2",
    [VERSION_MARK]: VERSION,
    // Deno keeps `localStorage` and `caches` in this folder without asking for a permission; this one it can't make.
    [form.dataVariable]: "/dev/null",
    // Deno would ask dl.deno.land for a newer version of itself, past all permissions.
    DENO_NO_UPDATE_CHECK: "1",
    // Deno writes its errors into the log, and would colour them there.
    NO_COLOR: "1",
    // glibc would raise this length, from which it gives memory back, to that of what was freed last (mallopt(3)).
    // Another C library ignores the two settings.
    MALLOC_MMAP_THRESHOLD_: String(OWN_ALLOCATION),
    // It would have a heap for each thread, where one will do.
    MALLOC_ARENA_MAX: "1",
  };
}
