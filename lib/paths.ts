/**
 * All folders and files that are visible outside. No other module spells one out.
 *
 * @module
 */

import { TPROXY } from "./names.ts";

/** The folder into which `onehost sync` copies the front-end's remotes on a hypervisor, from OpenNebula 7.5.80 on. */
export const REMOTES_FOLDER = "/var/lib/one-remotes";

/** The same before OpenNebula 7.5.80. An upgrade leaves it behind. */
export const FORMER_REMOTES_FOLDER = "/var/tmp/one";

/** The network drivers' configuration, below either folder. */
export const CONFIG_BELOW = "etc/vnm/OpenNebulaNetwork.conf";

/** The network drivers' folder, below either folder. */
export const DRIVERS_BELOW = "vnm";

/** The hypervisor's copy of the network drivers' configuration before OpenNebula 7.5.80. */
export const DEFAULT_CONFIG_PATH = `${FORMER_REMOTES_FOLDER}/${CONFIG_BELOW}`;

/** The one file that a compiled `sysdump` may write, since its permissions are part of it. */
export const DEFAULT_SYSDUMP = "/var/tmp/one-tproxy-sysdump.tar.gz";

/** The network drivers' folder on a hypervisor before OpenNebula 7.5.80. */
export const DRIVERS_DIR = `${FORMER_REMOTES_FOLDER}/${DRIVERS_BELOW}`;

/** The network drivers' folder on a front-end. `onehost sync` copies all that is beside it to each hypervisor. */
export const REMOTES_DIR = "/var/lib/one/remotes/vnm";

/** What `tproxy integrate --front-end` keeps: the way that it was told, and OpenNebula's own files. */
export const FRONT_END_DIR = "/var/lib/one/one-tproxy";

/** Where `install.sh` puts the programs unless it is told another folder. The files of `packaging/share/` name it. */
export const DEFAULT_PREFIX = "/opt/one-tproxy";

/** The folder in which sudo looks for further rules (sudoers(5)). */
export const SUDOERS_DIR = "/etc/sudoers.d";

/** What oneadmin may run as root, as `tproxy integrate` writes it. */
export const SUDOERS_FILE = `${SUDOERS_DIR}/one-tproxy`;

/** The folder in which `ip netns` keeps a file for each named network namespace (ip-netns(8)). */
export const NETNS_DIR = "/run/netns";

/** The folder of everything that one-tproxy derives at run time: sockets, route files and locks. */
export const RUN_DIR = "/run/one_tproxy";

/**
 * The folder of all files that proxies may write, except their logs. It is a small file system of its own. Root trusts
 * nothing in it. Its name is longer than the 15 characters of a bridge name, because older versions had a folder for
 * each bridge beside it.
 */
export const PROXY_DIR = `${RUN_DIR}/written-by-proxies`;

/**
 * The folder of the bridges' folders, in which inners find outer's sockets. Its name is longer than a bridge name may
 * be, because older versions had a folder for each bridge beside it.
 */
export const STRINGS_DIR = `${PROXY_DIR}/sockets-for-inners`;

/** The folder of the logs. */
export const LOG_DIR = "/var/log";

/**
 * Files that belong to no bridge. Each name is longer than the 15 characters of a bridge name, so no bridge can have
 * the same name.
 */
export const RUN_FILES = {
  setupRecord: `${RUN_DIR}/setup-record.json`,
  damagedRecord: `${RUN_DIR}/setup-record.damaged`,
  appliedRules: `${RUN_DIR}/rules-as-applied.json`,
  appliedEgress: `${RUN_DIR}/egress-as-applied.json`,
  vlanFilters: `${RUN_DIR}/vlan-filters.json`,
  vmAddresses: `${RUN_DIR}/addresses-of-vms.json`,
  setupLock: `${RUN_DIR}/kernel-state.lock`,
  daemonLock: `${RUN_DIR}/daemon-state.lock`,
  retired: `${RUN_DIR}/retired-proxies.json`,
  hold: `${RUN_DIR}/stopped-until-start`,
  latestPass: `${RUN_DIR}/latest-pass.json`,
  config: `${RUN_DIR}/configuration-as-read.json`,
  completedPass: `${RUN_DIR}/last-completed-pass.json`,
} as const;

/** The folder of Debian's node_exporter for files with metrics. */
export const TEXTFILE_DIR = "/var/lib/prometheus/node-exporter";

/**
 * Names the file with metrics.
 *
 * @param folder The folder, which a person chooses.
 * @returns The file, and its name while it is being written, which node_exporter does not read.
 */
export function textfileIn(folder: string): { readonly path: string; readonly temporary: string } {
  const path = `${folder}/${TPROXY}.prom`;
  return { path, temporary: `${path}.new` };
}
