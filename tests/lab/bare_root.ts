/**
 * A hypervisor on which there is nothing but the system, and nothing can be written but where the proxies may.
 *
 * @module
 */

import type { Host } from "./host.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Hides the checkout and the home, in which runtime and cache of the one who runs the tests may be. */
const HIDE = `for dir in "\${HOME:-/root}" "$0"; do
  # The one may be in the other.
  if test -d "$dir" && test "$dir" != /; then mount -t tmpfs -o mode=755 tmpfs "$dir"; fi
done`;

/**
 * Remounts what the mount table lists (proc(5): place and options), except the kernel's own, /run and /var/log. With all its
 * options, which a user namespace has to keep.
 */
const READ_ONLY = `while read -r _ _ _ _ point options _; do
  case $point in
    /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | /var/log) ;;
    *) test ! -e "$point" || mount -o "remount,bind,ro\${options#r?}" "$point" ;;
  esac
done </proc/self/mountinfo`;

/** Leaves a host its system, what else it has to itself, and neither the checkout nor a home; all read-only. */
export async function makeBare(host: Host): Promise<void> {
  await host.text(["sh", "-e", "-c", HIDE, ROOT]);
  await host.text(["sh", "-e", "-c", READ_ONLY]);
}
