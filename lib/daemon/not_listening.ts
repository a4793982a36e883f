/**
 * Other processes in a bridge's network namespace. There should be none, and each may have a port that the inner needs.
 * Most often it is a proxy that OpenNebula's own `tproxy` has started.
 *
 * @module
 */

import { findDaemons } from "./find_daemons.ts";
import type { Process } from "./ps.ts";

/** How many processes are named, and how many characters of each title. */
const MOST_NAMED = 3;
const LONGEST_TITLE = 40;

/**
 * Says why an inner can't listen, as far as other processes show.
 *
 * @param title The proxy's title.
 * @param ports The ports that it can't listen on.
 * @param netns The inode of its network namespace.
 * @returns One line with the remedy.
 * @throws {import("../errors.ts").TproxyError} If ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/ps`.
 */
export async function explainNotListening(title: string, ports: readonly string[], netns: number): Promise<string> {
  const { others } = await findDaemons();
  return describeNotListening(title, ports, others.filter((process) => process.netns === netns));
}

/**
 * Says why an inner can't listen.
 *
 * @param title The proxy's title.
 * @param ports The ports that it can't listen on.
 * @param strangers The other processes in its network namespace.
 * @returns One line with the remedy.
 */
export function describeNotListening(title: string, ports: readonly string[], strangers: readonly Process[]): string {
  const failed = `${title} can't listen on ${ports.join(", ")}`;
  if (strangers.length === 0) return `${failed}; see its log`;
  const named = strangers.slice(0, MOST_NAMED);
  // A title is whatever its process says. ps has put a question mark in the place of what a terminal would obey.
  const list = named.map(({ pid, args }) => `${pid} (${args.trim().slice(0, LONGEST_TITLE)})`).join(", ");
  const more = strangers.length > named.length ? ` and ${strangers.length - named.length} more` : "";
  const command = `kill ${named.map(({ pid }) => pid).join(" ")}`;
  return `${failed}: in its network namespace there is also ${list}${more}, as a proxy of OpenNebula's own would be; ` +
    `end it, for example with "${command}", then run "tproxy reload"`;
}
