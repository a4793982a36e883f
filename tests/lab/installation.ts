/**
 * A hypervisor with a system of its own, the archive of the distribution in `/root`, and a guest that waits for its
 * service.
 *
 * @module
 */

import installing from "../../docs/install.md" with { type: "text" };
import bringing from "../../docs/remotes.md" with { type: "text" };
import integrating from "../../docs/opennebula.md" with { type: "text" };
import settings from "../../deno.json" with { type: "json" };
import type { Result } from "../../packaging/command.ts";
import type { Host } from "./host.ts";
import type { Lab } from "./lab.ts";
import { CONFIG, makeGate } from "./scenario.ts";
import { giveRoot } from "./system_root.ts";

/** The folder in the archive. */
export const NAME = `one-tproxy-${settings.version}-linux-x86_64`;

/** The unpacked archive. */
export const archiveFolder = `/root/${NAME}`;

/** Where the programs go. */
export const PREFIX = "/opt/one-tproxy";

/** The archive. */
export const ARCHIVE = new URL(`../../.build/dist/${NAME}.tar.gz`, import.meta.url).pathname;

/** The drivers' folder on a hypervisor. */
export const VNM = "/var/tmp/one/vnm";

/** What a test of the installer starts from. */
export interface Installation {
  /** The hypervisor, on which nothing is installed. */
  readonly host: Host;
  /** The service's host. */
  readonly gate: Host;
  /** A guest on the hypervisor's bridge `br0`. */
  readonly guest: Host;
}

/**
 * Gives a host a system of its own as OpenNebula has left it, and the archive, unpacked.
 *
 * @param host The host.
 * @param root What the system is made of.
 * @param files More files of the machine for `/root`.
 */
export async function giveSystem(host: Host, root: string, ...files: string[]): Promise<void> {
  await giveRoot(host, root, ARCHIVE, ...files);
  await shell(
    host,
    `tar -xzf /root/${NAME}.tar.gz -C /root
     mkdir -p ${VNM}/bridge ${VNM}/802.1Q
     id oneadmin >/dev/null 2>&1 || useradd --home-dir /var/lib/one --user-group oneadmin
     chown -R oneadmin: /var/tmp/one`,
  );
}

/**
 * Makes a hypervisor with such a system, and what is around it.
 *
 * @param lab The lab.
 * @param root What the hypervisor's system is made of.
 * @param files More files of the machine for the hypervisor's `/root`.
 */
export async function makeInstallation(lab: Lab, root: string, ...files: string[]): Promise<Installation> {
  const hv = await lab.hypervisor("hv1", "10.11.12.1");
  await giveSystem(hv.host, root, ...files);
  await hv.configure(CONFIG);
  await hv.host.text(["chown", "-R", "oneadmin:", "/var/tmp/one"]);
  await hv.bridge("br0");
  const gate = await makeGate(lab);
  return { host: hv.host, gate, guest: await lab.guest("guest1", hv, "br0", "192.168.150.10") };
}

/** Runs the installer of an unpacked archive. */
export function install(host: Host, ...args: string[]): Promise<Result> {
  return host.run([`/root/${NAME}/install.sh`, ...args]);
}

/** Runs lines of shell on a host; each has to succeed. */
export function shell(host: Host, lines: string): Promise<string> {
  return host.text(["sh", "-e", "-c", lines]);
}

/** Changes an unpacked archive into one of another version, which has other checksums. */
export function makeOther(host: Host, folder: string, mark: string): Promise<string> {
  return shell(
    host,
    `cp -r /root/${NAME} ${folder}; cd ${folder}; echo "${mark}" >>CHANGELOG.md
     sed -n 's/^[0-9a-f]*  //p' SHA256SUMS | xargs sha256sum >SUMS; mv SUMS SHA256SUMS`,
  );
}

/** Runs a line of shell as the user that the network drivers run as. */
export function asOneadmin(host: Host, line: string): Promise<Result> {
  return host.run(["runuser", "-u", "oneadmin", "--", "sh", "-c", line]);
}

/**
 * The commands of a block under a heading of docs/install.md, opennebula.md or remotes.md: of the first block, or of a
 * later one.
 */
export function commandsOf(heading: string, at = 0): string {
  const text = `${installing}${integrating}${bringing}`.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const [, commands] = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)][at] ?? [];
  if (commands === undefined) throw new Error(`the guide has no such commands under ${heading}`);
  return commands;
}
