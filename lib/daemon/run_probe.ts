/**
 * Running the probe: a program that connects to given addresses and does nothing else.
 *
 * It runs as outer's user and group, without capabilities, so that the kernel lets it reach what outer may reach
 * (`lib/nft/egress.ts`), and no more.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { printable } from "../config/config.ts";
import type { Attempt } from "../connect_all.ts";
import { DaemonError } from "../errors.ts";
import { parseJson } from "../parse_json.ts";
import type { Form } from "../permissions/form.ts";
import { probePermissions } from "../permissions/daemon_permissions.ts";
import { PROGRAMS } from "../programs.ts";
import { OUTER } from "../role.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";

/** What the runtime takes to start and to end, in milliseconds, on a host that is busy. */
const START_MS = 8_000;

/** The longest answer that is read, in characters. */
const LONGEST_ANSWER = 256 * 1024;

/** What the probe is started with. */
export interface ProbeStart {
  /** The addresses with ports that it connects to. */
  readonly targets: readonly string[];
  /** How long to wait for each, in milliseconds. */
  readonly deadlineMs: number;
  /** The network namespace that it runs in; the host's if it is missing. */
  readonly netns?: string;
  /** The user that all proxies run as, if there is one. */
  readonly owner: Owner;
  /** In which form the programs are there. */
  readonly form: Form;
}

/**
 * Runs the probe.
 *
 * @param start What it is started with.
 * @returns What has become of each connection, in the order of the targets.
 * @throws {DaemonError} If it can't be run.
 * @throws {Deno.errors.NotCapable} Without `--allow-run=/usr/bin/setpriv`, `--allow-env=NODE_V8_COVERAGE`, and
 * `--allow-read` for the files of the form.
 */
export async function runProbe(start: ProbeStart): Promise<Attempt[]> {
  const { targets, deadlineMs } = start;
  if (targets.length === 0) return [];
  const answer = await answerOf(probeCommand(start), start.form, deadlineMs + START_MS);
  const attempts = parseAttempts(answer);
  if (attempts.length === targets.length && attempts.every(({ target }, i) => target === targets[i])) return attempts;
  throw new DaemonError(`Cannot run the probe: it answered ${JSON.stringify(printable(answer.slice(0, 200)))}`);
}

/**
 * Renders the command line of the probe. Pure.
 *
 * @param start What it is started with.
 * @returns The program's absolute path and its arguments.
 */
export function probeCommand({ targets, deadlineMs, netns, owner, form }: ProbeStart): string[] {
  const uid = userOf(owner, OUTER);
  return [
    ...(netns === undefined ? [] : [PROGRAMS.ip.path, "netns", "exec", netns]),
    PROGRAMS.setpriv.path,
    "--pdeathsig=KILL",
    ...(uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${groupOf(owner, OUTER)}`, "--clear-groups"]),
    ...["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
    ...form.commandOf("probe", form.flagsOf("probe", probePermissions(targets))),
    String(deadlineMs),
    ...targets,
  ];
}

/** Runs a command, and returns what it has printed. The files are handed to it as open descriptors. */
async function answerOf([program = "", ...args]: string[], form: Form, deadlineMs: number): Promise<string> {
  using opened = new DisposableStack();
  const [script, runtime] = form.openFilesOf("probe").map((path) => opened.adopt(openSync(path, "r"), closeSync));
  const child = spawn(program, args, {
    stdio: [script ?? "ignore", "pipe", "ignore", runtime ?? "ignore"],
    cwd: "/",
    env: { [form.dataVariable]: "/dev/null", DENO_NO_UPDATE_CHECK: "1" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new DaemonError(`Cannot run the probe: it has not ended after ${deadlineMs / 1000} seconds`));
  }, deadlineMs);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < LONGEST_ANSWER) text += chunk;
  });
  child.on("error", reject).on("close", () => resolve(text));
  return await promise.finally(() => clearTimeout(timer));
}

/**
 * Reads the answer of the probe.
 *
 * @param text What it printed.
 * @returns The attempts, with texts that are safe to print; none if it is no list of attempts.
 */
export function parseAttempts(text: string): Attempt[] {
  const list = parseJson(text);
  if (!Array.isArray(list) || !list.every(isAttempt)) return [];
  return list.map(({ target, ms, error }) =>
    ms === undefined ? { target, error: printable(error ?? "") } : { target, ms }
  );
}

function isAttempt(value: Partial<Attempt> | null): value is Attempt {
  if (typeof value?.target !== "string") return false;
  return typeof value.ms === "number" ? value.error === undefined : typeof value.error === "string";
}
