/**
 * Whether the lab is in a user namespace, in which there is no user but root.
 *
 * @module
 */

import { text } from "../../packaging/command.ts";

// user_namespaces(7): a line "inside outside count" for each range; a machine's own namespace has one of all users.
const [, , count] = (await text(["/usr/bin/unshare", "cat", "/proc/self/uid_map"])).trim().split(/\s+/);

/** `true` if the lab has only the one user. */
export const ROOTLESS: boolean = Number(count) === 1;
