/**
 * The system's programs that one-tproxy runs, by absolute path. `--allow-run` names the same paths, so neither `PATH`
 * nor a file in another folder can change which program runs.
 *
 * @module
 */

/** Each program's path on Debian, Ubuntu and the Enterprise Linux family, and its Debian package. */
export const PROGRAMS = {
  bridge: { path: "/usr/sbin/bridge", debian: "iproute2" },
  getent: { path: "/usr/bin/getent", debian: "libc-bin" },
  ip: { path: "/usr/sbin/ip", debian: "iproute2" },
  kill: { path: "/usr/bin/kill", debian: "procps" },
  mount: { path: "/usr/bin/mount", debian: "mount" },
  nsenter: { path: "/usr/bin/nsenter", debian: "util-linux" },
  nft: { path: "/usr/sbin/nft", debian: "nftables" },
  prlimit: { path: "/usr/bin/prlimit", debian: "util-linux" },
  ps: { path: "/usr/bin/ps", debian: "procps" },
  setpriv: { path: "/usr/bin/setpriv", debian: "util-linux" },
  sysctl: { path: "/usr/sbin/sysctl", debian: "procps" },
  unshare: { path: "/usr/bin/unshare", debian: "util-linux" },
} as const;

/** A program that one-tproxy runs. */
export type ProgramName = keyof typeof PROGRAMS;

/** The whole environment of such a program. Messages are in English, and programs come from these folders only. */
export const ENVIRONMENT = { LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } as const;
