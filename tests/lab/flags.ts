/**
 * What the lab's own code may do.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/** What may be run inside: the two that make and enter namespaces, and the three that look after them. */
const LAB_PROGRAMS = ["/usr/bin/nsenter", "/usr/bin/unshare", "/usr/bin/ps", "/usr/sbin/ip", "/usr/bin/kill"];

/** The flags of what runs in the lab. */
export const LAB_FLAGS: readonly string[] = [
  "--no-prompt",
  "--cached-only",
  "--frozen",
  `--allow-run=${LAB_PROGRAMS.join(",")}`,
  `--allow-read=${ROOT}`,
];
