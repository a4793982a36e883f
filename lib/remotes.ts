/**
 * Where `onehost sync` has put the network drivers and their configuration on this hypervisor. The launcher looks which folder
 * OpenNebula uses here, and gives a program permissions for that one. So the program takes what it may read, and needs no
 * permission to look by itself.
 *
 * WHY `/var/lib/one-remotes` counts as soon as it is there, whatever is in it: OpenNebula's packages make it, and from then on
 * nothing brings the former folder up to date. While a sync empties it, what the former folder says must not be applied.
 *
 * @module
 */

import { CONFIG_BELOW, DRIVERS_BELOW, FORMER_REMOTES_FOLDER, REMOTES_FOLDER } from "./paths.ts";

/**
 * Names the network drivers' configuration on this hypervisor.
 *
 * @returns The file, whether it is there or not.
 */
export function defaultConfig(): string {
  return granted(CONFIG_BELOW);
}

/**
 * Names the network drivers' folder on this hypervisor.
 *
 * @returns The folder, whether it is there or not.
 */
export function driversFolder(): string {
  return granted(DRIVERS_BELOW);
}

/** A program that may read both was started by no launcher. */
function granted(below: string): string {
  const [path, former] = [`${REMOTES_FOLDER}/${below}`, `${FORMER_REMOTES_FOLDER}/${below}`];
  return mayRead(path) && !mayRead(former) ? path : former;
}

function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
