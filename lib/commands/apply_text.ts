/**
 * What `tproxy apply` prints, for people and for scripts. Pure.
 *
 * @module
 */

import { toJson } from "./answer.ts";
import type { SelectedEndpoint } from "../config/select.ts";
import type { ServiceChange } from "../setup/config_changes.ts";
import { renderTable } from "../table.ts";
import type { ApplyResult } from "./apply.ts";
import { describeKept, describeNetwork } from "./describe_network.ts";
import { describeUnknown, renderBridges, renderEndpoint } from "./list.ts";

/**
 * Renders what has become of a configuration for people.
 *
 * @param result What has become of it.
 * @returns The changes as a diff, and what is served now if anything was applied.
 */
export function renderText({ plan, applied, bridges }: ApplyResult): string {
  const changes = plan.bridges.flatMap(({ bridge, changes }) => changes.flatMap((change) => rowsOf(bridge, change)));
  const head = ["", "bridge", "network", "service port", "remote", "options"];
  const hasOptions = changes.some((row) => row[5] !== "");
  const diff = renderTable([head, ...changes].map((row) => hasOptions ? row : row.slice(0, 5)));
  const blocks = [changes.length === 0 ? ["nothing changes"] : diff];
  if (applied) blocks.push(["served now:", renderBridges(bridges)]);
  else if (changes.length > 0) blocks.push(["nothing was changed"]);
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

/**
 * Says what was not applied.
 *
 * @param result What has become of the configuration.
 * @param path Its file.
 * @returns A line for each service that stays in doubt, for what can't be reached, and for each error.
 */
export function renderNotes({ plan, bridges, errors }: ApplyResult, path: string): string[] {
  return [
    ...describeKept(plan.bridges, path),
    ...plan.absent.map((bridge) => `${bridge} is not there now: it gets its services when it comes back`),
    ...describeUnknown(bridges),
    ...errors.map((error) => `tproxy: error: ${error}`),
  ];
}

function rowsOf(bridge: string, { network, before, after }: ServiceChange): string[][] {
  const row = (sign: string, endpoint: SelectedEndpoint) => {
    return [sign, bridge, describeNetwork(network), ...renderEndpoint(endpoint)];
  };
  return [...(before === undefined ? [] : [row("-", before)]), ...(after === undefined ? [] : [row("+", after)])];
}

/**
 * Renders what has become of a configuration for scripts.
 *
 * @param result What has become of it.
 * @returns One JSON object.
 */
export function renderJson({ plan, applied, failures, errors, bridges }: ApplyResult): string {
  const { services, removed, absent } = plan;
  return toJson({
    applied,
    services,
    removed,
    changes: plan.bridges.flatMap(({ bridge, changes }) =>
      changes.map(({ network, before, after }) => {
        return { bridge, network: orNull(network), before: before ?? null, after: after ?? null };
      })
    ),
    kept: plan.bridges.flatMap(({ bridge, kept }) =>
      kept.map(({ network, endpoint, at }) => ({ bridge, network, endpoint, line: at.line }))
    ),
    absent,
    failures: Object.fromEntries(failures),
    errors,
    served: bridges,
  });
}

function orNull<T extends object>(network: T): T | null {
  return Object.keys(network).length === 0 ? null : network;
}
