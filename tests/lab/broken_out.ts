/**
 * Programs in place of a proxy that has broken out of Deno's sandbox: only the kernel can stop them.
 *
 * @module
 */

import { numberOf } from "../../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../../lib/role.ts";
import type { BridgeName } from "../../lib/names.ts";

/** The command line of a program that runs as a user, in a group, without any right. */
export function asUser(uid: number, gid: number, ...argv: readonly string[]): string[] {
  const rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--clear-groups"];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, ...rights, ...argv];
}

/** The command line of a program that runs as a bridge's inner does. */
export function asInner(bridge: BridgeName, ...argv: readonly string[]): string[] {
  const own = numberOf(innerOf(bridge));
  return asUser(own, own, ...argv);
}

/** The command line of a program that runs as outer does. */
export function asOuter(...argv: readonly string[]): string[] {
  const own = numberOf(OUTER);
  return asUser(own, own, ...argv);
}
