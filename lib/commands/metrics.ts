/**
 * `tproxy metrics`: what a hypervisor's proxies do, for monitoring.
 *
 * @module
 */

import { readCounts, readUsage } from "../daemon/counts.ts";
import { findDaemons, type RunningDaemon } from "../daemon/find_daemons.ts";
import { readLastPass } from "../daemon/last_pass.ts";
import { lookAtHost, rolesWanted } from "../health/bridges.ts";
import { listDropped } from "../nft/nft.ts";
import type { Role } from "../role.ts";
import { VERSION } from "../version.ts";
import { familiesOf } from "./metrics_families.ts";
import { type MetricsForm, renderMetrics } from "./metrics_text.ts";
import type { DrainingBytes, ProxyView } from "./metrics_view.ts";

/**
 * Looks at this hypervisor, and renders what it finds as metrics.
 *
 * @param form Which form the text has.
 * @returns The text, with a newline at its end.
 * @throws {import("../errors.ts").TproxyError} If nft, ip or ps fails, or this process is not root's.
 * @throws {Deno.errors.NotCapable} Without the permissions of `look` in `lib/permissions/command_permissions.ts`.
 */
export async function readMetrics(form: MetricsForm): Promise<string> {
  const lastPass = readLastPass();
  const [{ daemons }, host, dropped] = await Promise.all([findDaemons(), lookAtHost(), listDropped()]);
  const proxies = rolesWanted(host).map((role) => viewOf(role, daemons));
  const { endpoints, record } = host;
  return renderMetrics(familiesOf({ version: VERSION, proxies, endpoints, record, dropped, lastPass }), form);
}

function viewOf(role: Role, daemons: readonly RunningDaemon[]): ProxyView {
  const own = daemons.filter((daemon) => daemon.role.title === role.title);
  const runs = own.some(({ draining }) => !draining);
  const draining = new Map<number, number>();
  const moved: DrainingBytes[] = [];
  if (role.program === "inner") {
    for (const { pid } of own.filter(({ draining }) => draining)) {
      const usage = readUsage(role, pid);
      moved.push(...usage?.moved?.map((bytes) => ({ ...bytes, pid })) ?? []);
      for (const [of, streams] of usage?.taken ?? []) {
        const port = Number(/^port (\d{1,5})$/.exec(of)?.[1]);
        if (port > 0) draining.set(port, (draining.get(port) ?? 0) + streams);
      }
    }
  }
  return { role, runs, counts: runs ? readCounts(role) : undefined, draining, moved };
}
