/**
 * What `tproxy status --wide` prints. Pure.
 *
 * @module
 */

import { OUTER, type Title } from "../role.ts";
import { renderTable } from "../table.ts";
import type { ProxyStatus, Status } from "./status.ts";

const HEAD = ["title", "pid", "since", "ports", "live", "failed", "refused", "state"];

/**
 * Renders the proxies for people.
 *
 * @param status What runs, and what does not.
 * @returns A table with a row for each proxy that runs, draining ones included, and for each that should run.
 */
export function renderWide({ proxies, missing, faults }: Pick<Status, "proxies" | "missing" | "faults">): string {
  const rows = [
    ...proxies.map((proxy) => renderProxy(proxy, faults)),
    ...missing.map((title) => ({ title, cells: [title, "-", "-", "-", "-", "-", "-", "not running"] })),
  ];
  const sorted = rows.toSorted((a, b) =>
    rank(a.title) - rank(b.title) || (a.title < b.title ? -1 : a.title > b.title ? 1 : 0)
  );
  return renderTable([HEAD, ...sorted.map(({ cells }) => cells)]).join("\n");
}

/** Outer goes first, as it does in all lists. */
function rank(title: Title): number {
  return title === OUTER.title ? 0 : 1;
}

function renderProxy({ title, pid, since, draining, endpoints, counts }: ProxyStatus, faults: Status["faults"]) {
  const ports = endpoints?.map(({ servicePort }) => servicePort).join(",") || "-";
  const count = (value: number | undefined) => value === undefined ? "-" : `${value}`;
  const numbers = [counts?.live, counts?.failed, counts?.refused].map(count);
  const wrong = faults.filter(({ subject }) => subject === title).map(({ text }) => text);
  const silent = (counts?.unanswered ?? []).map((remote) => `${remote} does not answer`);
  const state = draining ? "draining" : [...wrong, ...silent].join(", ") || "serving";
  return { title, cells: [title, `${pid}`, since.replace(/\.\d+/, ""), ports, ...numbers, state] };
}
