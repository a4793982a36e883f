/**
 * A host in the lab. It has network, mounts and processes of its own: it sees only the machine's files, and all that
 * runs on it ends with it.
 *
 * @module
 */

import { Background, type Result, run, text, until } from "../../packaging/command.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Folders that each host has of its own, so that nothing it writes reaches the machine. */
const PRIVATE_DIRS = ["/run", "/var/log", "/var/tmp"];

/** A hypervisor, a guest or a service. */
export class Host implements AsyncDisposable {
  /** Its name in the lab. */
  readonly name: string;
  /** The process that holds its namespaces, as `ip link … netns PID` takes it. */
  readonly pid: number;
  /** nsenter's option for the working folder of its programs: in this machine's root, or in one of its own. */
  workingFolder = `--wd=${ROOT}`;
  readonly #holder: Background;
  readonly #started: Background[] = [];

  private constructor(name: string, holder: Background, pid: number) {
    this.name = name;
    this.#holder = holder;
    this.pid = pid;
  }

  /** Makes a host. */
  static async create(name: string): Promise<Host> {
    const holder = new Background([
      "/usr/bin/unshare",
      ...["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["--", "sleep", "infinity"],
    ]);
    const pid = await until(`the host ${name} is there`, async () => {
      const { stdout } = await run(["/usr/bin/ps", "--ppid", String(holder.pid), "-o", "pid=,comm="]);
      const [, pid, command] = /(\d+) (\S+)/.exec(stdout) ?? [];
      // Before it executes sleep, it has not mounted its /proc yet.
      return command === "sleep" && Number(pid);
    });
    const host = new Host(name, holder, pid);
    for (const dir of PRIVATE_DIRS) await host.text(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", dir]);
    await host.text(["ip", "link", "set", "lo", "up"]);
    return host;
  }

  /** The command line that runs a program on this host, with its own network or another host's. */
  argv(argv: readonly string[], network: Host = this): string[] {
    const namespaces = [`--target=${this.pid}`, "--mount", "--pid", `--net=/proc/${network.pid}/ns/net`];
    return ["/usr/bin/nsenter", ...namespaces, this.workingFolder, "--", ...argv];
  }

  /** Runs a program to its end. */
  run(argv: readonly string[], stdin?: string | Uint8Array): Promise<Result> {
    return run(this.argv(argv), stdin);
  }

  /** Runs a program that has to succeed, and returns what it printed. */
  text(argv: readonly string[], stdin?: string | Uint8Array): Promise<string> {
    return text(this.argv(argv), stdin);
  }

  /** Starts a program that ends with this host at the latest. */
  start(argv: readonly string[], { inside = false, network = this as Host } = {}): Background {
    // Without a fork, nsenter becomes the program, which then gets the signals that are sent to it; but it is not in
    // the host's process namespace itself, so a program that looks for itself among the processes has to be forked.
    const [nsenter = "", ...rest] = this.argv(argv, network);
    const background = new Background(inside ? [nsenter, ...rest] : [nsenter, "--no-fork", ...rest]);
    this.#started.push(background);
    return background;
  }

  /** Runs lines of `ip -batch`. */
  async ip(...lines: string[]): Promise<void> {
    await this.text(["ip", "-batch", "-"], lines.join("\n"));
  }

  /** Writes a file. */
  async write(path: string, content: string): Promise<void> {
    await this.text(["mkdir", "-p", path.slice(0, path.lastIndexOf("/"))]);
    await this.text(["dd", `of=${path}`, "status=none"], content);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder[Symbol.asyncDispose]();
    await Promise.all(this.#started.map((background) => background[Symbol.asyncDispose]()));
  }
}
