/**
 * The process of the probe. It runs as outer's user and group, without capabilities, and ends with the process that has
 * started it.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { DaemonError } from "../errors.ts";
import type { Form } from "../permissions/form.ts";
import type { Permissions } from "../permissions/permissions.ts";
import { PROGRAMS } from "../programs.ts";
import { OUTER } from "../role.ts";
import { groupOf, type Owner, userOf } from "./owner.ts";

/** The longest answer that is read, in characters. */
const LONGEST_ANSWER = 256 * 1024;

/** What the probe is started with. */
export interface ProbeStart {
  /** Its arguments. */
  readonly args: readonly string[];
  /** What it may do. */
  readonly permissions: Permissions;
  /** Whether it runs in a network namespace of its own, which holds nothing. */
  readonly isApart?: boolean;
  /** The user that all proxies run as, if there is one. */
  readonly owner: Owner;
  /** In which form the programs are there. */
  readonly form: Form;
}

/** A probe that runs. */
export interface ProbeProcess extends AsyncDisposable {
  /** Its process ID. */
  readonly pid: number;
  /**
   * Waits for the next line that it prints.
   *
   * @param deadlineMs How long it may take, in milliseconds.
   * @throws {DaemonError} If the process ends before, or does not print it in time.
   */
  line(deadlineMs: number): Promise<string>;
  /** Ends it. */
  [Symbol.asyncDispose](): Promise<void>;
}

function probeCommand({ args, permissions, isApart = false, owner, form }: ProbeStart): string[] {
  const uid = userOf(owner, OUTER);
  return [
    ...(isApart ? [PROGRAMS.unshare.path, "--net", "--"] : []),
    PROGRAMS.setpriv.path,
    "--pdeathsig=KILL",
    ...(uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${groupOf(owner, OUTER)}`, "--clear-groups"]),
    ...["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"],
    ...form.commandOf("probe", form.flagsOf("probe", permissions)),
    ...args,
  ];
}

/**
 * Starts the probe. Its files are handed to it as open descriptors.
 *
 * @param start What it is started with.
 * @returns The process.
 * @throws {DaemonError} If it can't be started.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for setpriv, and unshare if it runs apart,
 * `--allow-env=NODE_V8_COVERAGE`, and `--allow-read` for the files of the form.
 */
export function startProbe(start: ProbeStart): ProbeProcess {
  const { form } = start;
  const [program = "", ...args] = probeCommand(start);
  using opened = new DisposableStack();
  const [script, runtime] = form.openFilesOf("probe").map((path) => opened.adopt(openSync(path, "r"), closeSync));
  const child = spawn(program, args, {
    stdio: [script ?? "ignore", "pipe", "ignore", runtime ?? "ignore"],
    cwd: "/",
    env: { [form.dataVariable]: "/dev/null", DENO_NO_UPDATE_CHECK: "1" },
  });
  let text = "";
  let failure: Error | undefined;
  let wake = () => {};
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    if (text.length < LONGEST_ANSWER) text += chunk;
    wake();
  });
  const ended = new Promise<void>((resolve) => {
    const end = (error?: Error) => {
      failure ??= new DaemonError(`Cannot run the probe: ${error?.message ?? "it has ended"}`);
      resolve();
      wake();
    };
    child.on("error", end).on("close", () => end());
  });
  return {
    pid: child.pid ?? 0,
    async line(deadlineMs) {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        wake();
      }, deadlineMs);
      try {
        for (;;) {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          const end = text.indexOf("\n");
          if (end >= 0) {
            const line = text.slice(0, end);
            text = text.slice(end + 1);
            return line;
          }
          if (failure !== undefined) throw failure;
          if (isLate) throw new DaemonError(`Cannot run the probe: no answer within ${deadlineMs / 1000} seconds`);
          await promise;
        }
      } finally {
        clearTimeout(timer);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
