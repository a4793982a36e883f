/**
 * Network, mount and process namespaces for a whole run.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";

/**
 * Finds out how to get namespaces here: as root, or as the root of a user namespace.
 *
 * @returns The beginning of a command line that runs what follows in namespaces of its own.
 * @throws {Error} If there is no way; the message is one line that says what to allow.
 */
export async function findNamespaces(isRoot: boolean): Promise<string[]> {
  const user = isRoot ? [] : ["--user", "--map-root-user"];
  const unshare = [
    // When this process ends, the kernel ends unshare, unshare its child, and so the namespaces.
    "/usr/bin/setpriv",
    "--pdeathsig=KILL",
    "/usr/bin/unshare",
    ...user,
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--",
    // The first process of a namespace inherits its orphans. A shell reaps them, deno does not. Debian's PATH for a
    // user does not include /usr/sbin.
    ...["/bin/sh", "-c", 'export PATH="$PATH:/usr/sbin:/sbin"; "$@"; exit $?', "sh"],
  ];
  const { code, stderr } = await run([...unshare, "/usr/bin/true"]);
  if (code === 0) return unshare;
  const remedy = isRoot
    ? "in a container, give it the capability SYS_ADMIN"
    : "run it as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone, apparmor_restrict_unprivileged_userns)";
  throw new Error(`this machine gives no namespaces (${stderr.trim()}); ${remedy}`);
}
