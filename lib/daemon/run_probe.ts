/**
 * What the probe finds out: whether services accept connections, and whether a bridge's path leads to them.
 *
 * @module
 */

import { printable } from "../config/config.ts";
import type { Attempt } from "../connect_all.ts";
import { DaemonError } from "../errors.ts";
import { isObject } from "../is_object.ts";
import { type BridgeName, GUEST_ADDRESS } from "../names.ts";
import { namesOf } from "../names_of.ts";
import type { Link } from "../netns/observe.ts";
import { withProbePort } from "../netns/probe_port.ts";
import { parseJson } from "../parse_json.ts";
import { probePermissions } from "../permissions/daemon_permissions.ts";
import { isAttempt } from "../protocol/probe_answer.ts";
import type { PathAttempt, PortAttempt } from "../try_path.ts";
import { type ProbeStart, startProbe } from "./probe_process.ts";

/** What the runtime takes to start and to end, in milliseconds, on a host that is busy. */
const START_MS = 8_000;

/** How long the path takes at most, in milliseconds: address, port and answer one after the other. */
const PATH_MS = 20_000;

/** A port at which nothing should listen, and others if it is one of the services'. */
const QUIET_PORTS = [9, 7, 13, 17, 19];

/** How the probe runs. */
export type ProbeRun = Pick<ProbeStart, "owner" | "form">;

/**
 * Connects to services as outer's user, whom the kernel lets reach what outer may reach (`lib/nft/egress.ts`), and no
 * more.
 *
 * @param targets The addresses with ports.
 * @param deadlineMs How long to wait for each, in milliseconds.
 * @param run How the probe runs.
 * @returns What has become of each connection, in the order of the targets.
 * @throws {DaemonError} If the probe can't be run.
 * @throws {Deno.errors.NotCapable} Without what {@linkcode startProbe} needs.
 */
export async function tryServices(targets: readonly string[], deadlineMs: number, run: ProbeRun): Promise<Attempt[]> {
  if (targets.length === 0) return [];
  const args = ["services", String(deadlineMs), ...targets];
  await using probe = startProbe({ args, permissions: probePermissions(targets), ...run });
  const answer = await probe.line(deadlineMs + START_MS);
  const attempts = parseAttempts(answer);
  if (attempts.length === targets.length && attempts.every(({ target }, i) => target === targets[i])) return attempts;
  throw strange(answer);
}

/**
 * Tries a bridge's path out, from a port of the bridge, and removes the port again.
 *
 * @param name The bridge.
 * @param bridge Its device.
 * @param ports The service ports.
 * @param run How the probe runs.
 * @returns What has become of the connections. Answers of proxies are as they came.
 * @throws {DaemonError} If the probe can't be run.
 * @throws {import("../errors.ts").TproxyError} If the port can't be made.
 * @throws {Deno.errors.NotCapable} Without what {@linkcode startProbe} and {@linkcode withProbePort} need.
 */
export async function tryBridge(
  name: BridgeName,
  bridge: Link,
  ports: readonly number[],
  run: ProbeRun,
): Promise<PathAttempt> {
  const quietPort = QUIET_PORTS.find((port) => !ports.includes(port)) ?? 0;
  const args = ["path", String(quietPort), ...ports.map(String)];
  await using probe = startProbe({ args, permissions: probePermissions([GUEST_ADDRESS]), isApart: true, ...run });
  const ready = await probe.line(START_MS);
  if (ready !== "ready") throw strange(ready);
  const answer = await withProbePort(namesOf(name), bridge, probe.pid, () => probe.line(PATH_MS));
  const value = parseJson(answer);
  if (!isObject<"address" | "ports">(value) || !isAttempt(value.address)) throw strange(answer);
  if (!Array.isArray(value.ports) || !value.ports.every(isPortAttempt)) throw strange(answer);
  return { address: safe(value.address), ports: value.ports.map((port) => ({ ...port, ...safe(port) })) };
}

function strange(answer: string): DaemonError {
  return new DaemonError(`Cannot run the probe: it answered ${JSON.stringify(printable(answer.slice(0, 200)))}`);
}

/** Reads the attempts that the probe printed, with texts that are safe to print; none if it is no list of attempts. */
function parseAttempts(text: string): Attempt[] {
  const list = parseJson(text);
  return Array.isArray(list) && list.every(isAttempt) ? list.map(safe) : [];
}

function safe({ target, ms, error }: Attempt): Attempt {
  return ms === undefined ? { target, error: printable(error ?? "") } : { target, ms };
}

function isPortAttempt(value: unknown): value is PortAttempt {
  if (!isAttempt(value) || !isObject<"port" | "answer" | "answerMs">(value)) return false;
  const { port, answer, answerMs } = value;
  return typeof port === "number" && (answer === undefined || typeof answer === "string") &&
    (answerMs === undefined || typeof answerMs === "number");
}
