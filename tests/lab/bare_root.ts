/**
 * A hypervisor that has only the system, and that is read-only except where the proxies may write.
 *
 * @module
 */

import type { Host } from "./host.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Hides the checkout and the home: the runtime and its cache may be in them. */
const HIDE = `for dir in "\${HOME:-/root}" "$0"; do
  # The one may be in the other.
  if test -d "$dir" && test "$dir" != /; then mount -t tmpfs -o mode=755 tmpfs "$dir"; fi
done`;

/**
 * Remounts all that the mount table lists (proc(5): mount point and options), except the kernel's own, /run and
 * /var/log. It keeps all options, since a user namespace has to.
 */
const READ_ONLY = `while read -r _ _ _ _ point options _; do
  case $point in
    /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | /var/log) ;;
    *) test ! -e "$point" || mount -o "remount,bind,ro\${options#r?}" "$point" ;;
  esac
done </proc/self/mountinfo`;

/** Takes the checkout and the home away from a host, and makes the rest read-only. */
export async function makeBare(host: Host): Promise<void> {
  await host.text(["sh", "-e", "-c", HIDE, ROOT]);
  await host.text(["sh", "-e", "-c", READ_ONLY]);
}
