/**
 * What the lab's own code may do.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * The programs that the lab's code may run: two that make and enter namespaces, and three that manage what is in them.
 */
const LAB_PROGRAMS = ["/usr/bin/nsenter", "/usr/bin/unshare", "/usr/bin/ps", "/usr/sbin/ip", "/usr/bin/kill"];

/** The flags of programs that run in the lab. */
export const LAB_FLAGS: readonly string[] = [
  "--no-prompt",
  "--cached-only",
  "--frozen",
  `--allow-run=${LAB_PROGRAMS.join(",")}`,
  `--allow-read=${ROOT}`,
];
