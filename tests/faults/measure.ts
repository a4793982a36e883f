/**
 * How guests are served while another one, or a service, does its worst.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "../lab/host.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { startScript } from "../lab/script.ts";
import { PROXY } from "./crowd.ts";

/** How a guest was served, times in milliseconds. */
interface Served {
  readonly count: number;
  readonly errors: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How long each guest asks. */
const ASK_MS = 1_500;

/** Asks nginx from each guest at once, each time on a new connection. */
export async function ask(guests: readonly Host[]): Promise<Served[]> {
  const probers = guests.map((guest) =>
    startScript(guest, "prober.js", PROXY, { hostname: PROXY, port: 5030, ms: ASK_MS, want: "gate" })
  );
  return await Promise.all(probers.map(async (prober) => {
    assert.equal(await prober.ended(), 0, prober.output);
    return JSON.parse(prober.output);
  }));
}

/**
 * Shows that guests are served: each request is answered within the prober's patience, 20 seconds. How long it took
 * before and meanwhile is printed and not judged, since it depends on what else the machine does.
 */
export function assertUndisturbed(fault: string, guests: readonly Host[], before: Served[], during: Served[]): void {
  guests.forEach(({ name }, i) => {
    const [was, is] = [before[i], during[i]];
    assert.ok(was !== undefined && is !== undefined);
    const line = `${fault}: ${name} p50 ${was.p50} → ${is.p50} ms, p99 ${was.p99} → ${is.p99} ms, ` +
      `max ${was.max} → ${is.max} ms, ${is.count} answers`;
    console.log(line);
    assert.equal(is.errors, 0, line);
  });
}

/** What a daemon uses: open descriptors, and resident memory in kB. */
export interface Usage {
  readonly descriptors: number;
  readonly rss: number;
}

/** What each daemon uses now, by title. */
export async function usageOf(hv: Hypervisor): Promise<Map<string, Usage>> {
  const usages = [...(await hv.status())].map(async ([title, pid]): Promise<[string, Usage]> => {
    const [fds, rss] = await Promise.all([
      hv.host.text(["ls", `/proc/${pid}/fd`]),
      hv.host.text(["ps", "-o", "rss=", "-p", String(pid)]),
    ]);
    return [title, { descriptors: fds.trim().split("\n").length, rss: Number(rss) }];
  });
  return new Map(await Promise.all(usages));
}

/** Whether no daemon has more descriptors open than before; a few come and go. */
export function areBack(before: Map<string, Usage>, now: Map<string, Usage>): boolean {
  return [...before].every(([title, { descriptors }]) => (now.get(title)?.descriptors ?? Infinity) <= descriptors + 5);
}

/** Takes from a daemon what `prlimit` limits, as its own user: root may do that only with CAP_SYS_RESOURCE. */
export async function limit(hv: Hypervisor, pid: number, option: string): Promise<void> {
  const [uid, gid] = (await hv.host.text(["ps", "-o", "uid=,gid=", "-p", String(pid)])).trim().split(/\s+/);
  const asOwner = uid === "0" ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  await hv.host.text([...asOwner, "prlimit", "--pid", String(pid), option]);
}
