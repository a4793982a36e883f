/**
 * A hypervisor in the lab: a host with bridges, a configuration, and our programs run on it as an operator would.
 *
 * @module
 */

import { commandPermissions } from "../../lib/permissions/command_permissions.ts";
import { toFlags } from "../../lib/permissions/permissions.ts";
import { type CommandName, type CommandProgram, FALLBACKS, programOf } from "../../lib/permissions/verbs.ts";
import { outputOf } from "../../packaging/config_option.ts";
import { checkout } from "../../lib/permissions/checkout.ts";
import { ASK_ANOTHER } from "../../lib/exit_code.ts";
import { DEFAULT_CONFIG_PATH } from "../../lib/paths.ts";
import type { Background, Result } from "../../packaging/command.ts";
import { audited } from "./audit.ts";
import type { Host } from "./host.ts";
import { ROOTLESS } from "./rootless.ts";

/** A host with our programs. */
export class Hypervisor {
  /** The host. */
  readonly host: Host;
  readonly #isAudited: boolean;

  constructor(host: Host, isAudited: boolean) {
    this.host = host;
    this.#isAudited = isAudited;
  }

  /** Writes the configuration. A lab that has no other user runs the proxies as root. */
  configure(yaml: string): Promise<void> {
    return this.host.write(DEFAULT_CONFIG_PATH, ROOTLESS ? `:tproxy_process_owner: root\n${yaml}` : yaml);
  }

  /** Makes a bridge. */
  bridge(name: string): Promise<void> {
    return this.host.ip(`link add name ${name} type bridge`, `link set dev ${name} up`);
  }

  /** Runs `setup` with exactly its permissions. */
  setup(...args: string[]): Promise<Result> {
    return this.host.run(this.setupArgv(...args));
  }

  /** The command line of `setup` with exactly its permissions. */
  setupArgv(...args: string[]): string[] {
    return this.#commandLine("setup", args);
  }

  /** Runs `setup hook` with exactly its permissions, and with some text on standard input. */
  async hook(args: readonly string[], input: string): Promise<Result> {
    return this.host.run(await this.#hookArgv(args, input));
  }

  /** Starts `setup hook` in the background. */
  async startHook(args: readonly string[], input: string): Promise<Background> {
    return this.host.start(await this.#hookArgv(args, input));
  }

  async #hookArgv(args: readonly string[], input: string): Promise<string[]> {
    const program = this.#commandLine("setup", ["hook", ...args]);
    const file = `/run/hook-input-${crypto.randomUUID()}`;
    await this.host.text(["sh", "-c", 'cat >"$0"', file], input);
    // A pipe, as the driver has it; and one that may break without breaking the test.
    return ["sh", "-c", 'cat "$0" | "$@"', file, ...program];
  }

  /** Runs `tproxy` with exactly its permissions. */
  tproxy(...args: string[]): Promise<Result> {
    return this.host.run(this.tproxyArgv(...args));
  }

  /** The command line of `tproxy` with exactly its permissions. */
  tproxyArgv(...args: string[]): string[] {
    return this.#commandLine("tproxy", args);
  }

  /** Starts `tproxy watch` with exactly its permissions. */
  startWatch(): Background {
    return this.host.start(this.tproxyArgv("watch"), { inside: true });
  }

  /** Sets a bridge up; it has to succeed. */
  async up(bridge: string, network = "vnet0", id = "7"): Promise<Result> {
    return succeeded(await this.setup("up", "--bridge", bridge, "--network", network, "--network-id", id));
  }

  /** Removes a bridge's proxy; it has to succeed. */
  async down(bridge: string): Promise<Result> {
    return succeeded(await this.setup("down", "--bridge", bridge));
  }

  /** Runs `tproxy`; it has to succeed. */
  async control(verb: string): Promise<Result> {
    return succeeded(await this.tproxy(verb));
  }

  /** Sets bridges up and starts the proxies; all of it has to succeed. */
  async serve(...bridges: readonly string[]): Promise<Result> {
    for (const bridge of bridges) await this.up(bridge);
    return await this.control("start");
  }

  /** The process IDs that `tproxy status` prints, by title. */
  async status(): Promise<Map<string, number>> {
    const { stdout } = await this.tproxy("status");
    return new Map(
      stdout.trim().split("\n").filter(Boolean).map((line) => {
        const [title = "", pid] = line.split(": ");
        return [title, Number(pid)];
      }),
    );
  }

  /** The process IDs of the proxies that serve, outer's first. */
  async pids(): Promise<number[]> {
    return [...(await this.status()).values()];
  }

  /** The process ID of the proxy that serves under a title. */
  async pidOf(title: string): Promise<string> {
    return String((await this.status()).get(title));
  }

  /** Sends a signal to the proxy that serves under a title. */
  async kill(title: string, signal = "KILL"): Promise<void> {
    await this.host.text(["kill", "-s", signal, await this.pidOf(title)]);
  }

  /** The elements of a bridge's map, as nft lists them, but in one line. */
  async elements(bridge = "br0"): Promise<string | undefined> {
    const map = await this.host.text(["nft", "list", "map", "ip", "one_tproxy", `ep_${bridge}`]);
    return /elements = \{([^}]*)\}/.exec(map)?.[1]?.replaceAll(/\s+/g, " ").trim();
  }

  /** The lines of a log of ours. */
  async log(name: string): Promise<Record<string, unknown>[]> {
    const lines = (await this.host.text(["cat", `/var/log/${name}.log`])).trim().split("\n");
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The command line of what a launcher does: a program, or, if that exits with ASK_ANOTHER, another one. */
  #commandLine(command: CommandName, args: readonly string[]): string[] {
    const program = programOf(command, args);
    const other = FALLBACKS[program];
    if (other === undefined) return this.lineOf(program, args);
    const [first, second] = [this.lineOf(program, args), this.lineOf(other, args)].map((line) => {
      return line.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    });
    return ["sh", "-c", `${first}; code=$?; test "$code" -eq ${ASK_ANOTHER} || exit "$code"; exec ${second}`];
  }

  /** The command line of one program, with exactly its permissions. */
  lineOf(program: CommandProgram, args: readonly string[]): string[] {
    const flags = toFlags(commandPermissions(program, DEFAULT_CONFIG_PATH, checkout(), outputOf(args)));
    const module = new URL(`../../cmd/${program}.ts`, import.meta.url).pathname;
    const line = [Deno.execPath(), "run", "--quiet", "--cached-only", "--frozen", ...flags, module, ...args];
    return this.#isAudited ? audited(program, line) : line;
  }
}

function succeeded(result: Result): Result {
  if (result.code !== 0) throw new Error(`exited with ${result.code}: ${result.stderr}${result.stdout}`);
  return result;
}
