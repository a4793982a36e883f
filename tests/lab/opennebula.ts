/**
 * What OpenNebula has on a hypervisor: its network driver, which runs as oneadmin and through sudo.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Result, until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";
import { FORMER_REMOTES_FOLDER, REMOTES_FOLDER } from "../../lib/paths.ts";
import { type Installation, makeInstallation, shell, VNM } from "./installation.ts";
import type { Lab } from "./lab.ts";

/**
 * What OpenNebula 7 lets oneadmin run as root on a hypervisor for networks: the commands of NET and NETNS in its
 * `share/sudoers/sudoers.rb`. How its packages let the name of the namespace through was not found in its sources.
 */
const SUDOERS = `Defaults:oneadmin !requiretty
Defaults:oneadmin secure_path = /sbin:/bin:/usr/sbin:/usr/bin
Cmnd_Alias ONE_NET = /usr/sbin/iptables, /usr/sbin/ip6tables, /usr/sbin/ipset, /usr/sbin/ip link *, \\
  /usr/sbin/ip neighbour *, /usr/sbin/ip route *, /usr/sbin/ip rule *, /usr/sbin/ip tuntap *, /usr/sbin/nft, \\
  ${VNM}/tproxy, /usr/sbin/bridge
Cmnd_Alias ONE_NETNS = /usr/sbin/ip netns add *, /usr/sbin/ip netns delete *, /usr/sbin/ip netns pids *, \\
  ${VNM}/ip_netns_exec ip address *, ${VNM}/ip_netns_exec ip link *, ${VNM}/ip_netns_exec ip -j link show *, \\
  ${VNM}/ip_netns_exec ip route *
Defaults!ONE_NETNS env_keep += NETNS
oneadmin ALL=(ALL) NOPASSWD: ONE_NET, ONE_NETNS
`;

/** By what the driver enters a namespace, as OpenNebula has it. */
const IP_NETNS_EXEC = '#!/usr/bin/env bash\nset -eu\nexec /usr/sbin/ip netns exec "$NETNS" "$@"\n';

/** What the driver leaves when the last VM has gone: it deletes neither of its tables. */
export const DRIVERS_TABLES = "table bridge one_tproxy {\n}\ntable ip one_tproxy {\n}\n";

function fixture(name: string): string {
  return new URL(`../fixtures/${name}`, import.meta.url).pathname;
}

/**
 * Makes a hypervisor that has the drivers of `tests/fixtures/` in `/tmp`, and a guest.
 *
 * @param lab The lab.
 * @param root What the hypervisor's system is made of.
 * @param files More files of the machine for the hypervisor's `/root`.
 */
export async function makeOpenNebula(lab: Lab, root: string, ...files: string[]): Promise<Installation> {
  const installation = await makeInstallation(lab, root, fixture("driver.sh"), fixture("driver.rb"), ...files);
  const { host } = installation;
  // oneadmin may not enter root's home.
  await host.text(["sh", "-c", "mv /root/driver.* /tmp && chmod 755 /tmp && chmod 644 /tmp/driver.*"]);
  await host.write(`${VNM}/ip_netns_exec`, IP_NETNS_EXEC);
  await shell(host, `chmod 755 ${VNM}/ip_netns_exec; chown oneadmin: ${VNM}/ip_netns_exec`);
  return installation;
}

/** Lets oneadmin run as root what OpenNebula lets it. */
export async function letDriver(host: Host): Promise<void> {
  await host.write("/etc/sudoers.d/opennebula", SUDOERS);
}

/**
 * Brings a hypervisor to OpenNebula 7.5.80: its packages make the new folder of the remotes, with rules of sudo for it, and
 * `onehost sync` fills it. The former folder stays as it is.
 */
export async function upgradeOpenNebula(host: Host): Promise<void> {
  await shell(
    host,
    `cp -a ${FORMER_REMOTES_FOLDER} ${REMOTES_FOLDER}
     sed -i 's|${FORMER_REMOTES_FOLDER}/|${REMOTES_FOLDER}/|g' /tmp/driver.sh /tmp/driver.rb /etc/sudoers.d/opennebula`,
  );
}

/** What a command of oneadmin's printed, which has to succeed. */
export function succeeded(result: Result): string {
  assert.equal(result.code, 0, `${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Waits until nothing of ours is left: a proxy needs a moment to end. */
export async function nothingIsLeft(host: Host): Promise<void> {
  const look = "nft list ruleset | grep -E 'map|chain'; ip netns list; ps -eo args= | grep '^one_tproxy'; true";
  await until("nothing is left", async () => await host.text(["sh", "-c", look]) === "");
}
