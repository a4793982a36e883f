/**
 * What OpenNebula has on a hypervisor: its network driver, which runs as oneadmin and through sudo.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type Result, until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";
import { type Installation, makeInstallation } from "./installation.ts";
import type { Lab } from "./lab.ts";

/** What OpenNebula's own sudoers allow, as far as the unmodified driver needs it here. */
const SUDOERS = "oneadmin ALL=(ALL) NOPASSWD: /usr/sbin/ip, /usr/sbin/nft, /var/tmp/one/vnm/tproxy\n";

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
  // oneadmin may not enter root's home.
  await installation.host.text(["sh", "-c", "mv /root/driver.* /tmp && chmod 755 /tmp && chmod 644 /tmp/driver.*"]);
  return installation;
}

/** Lets oneadmin run as root what OpenNebula lets it. */
export async function letDriver(host: Host): Promise<void> {
  await host.write("/etc/sudoers.d/opennebula", SUDOERS);
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
