/**
 * The contenders that set a bridge up and remove it in the benchmark.
 *
 * @module
 */

import { parseBridgeName, TPROXY } from "../../../lib/names.ts";
import { namesOf } from "../../../lib/names_of.ts";
import type { BridgeForm } from "../../../lib/nft/matches.ts";
import type { Hypervisor } from "../../lab/hypervisor.ts";
import type { Lab } from "../../lab/lab.ts";
import { type Argv, commandsDown, commandsUp } from "./single_commands.ts";

/** The names of the tasks in the report. */
export type Task = "up, nothing is there" | "up, all is there" | "down" | "start: no module" | "start: --help";

/** Does a task once. */
type Work = () => Promise<unknown>;

/** A contender, which does some of the tasks. */
export interface Contender {
  /** Its name in the report. */
  readonly name: string;
  /** Its tasks, in an order in which each leaves the state that the next one needs. */
  readonly tasks: ReadonlyMap<Task, Work>;
  /** How many commands it starts for a task, if that is known beforehand. */
  readonly commands: ReadonlyMap<Task, number>;
}

/** Our contender, with which the others are compared. */
export const OURS = "setup";

const BRIDGE = "br0";
const NAMES = namesOf(parseBridgeName(BRIDGE));

/** The user document's two services. */
const ENDPOINTS = [
  { servicePort: 1234, remoteAddr: "10.11.12.34", remotePort: 80 },
  { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030 },
];

/** Makes a hypervisor with the bridge and nothing on it. */
export async function makeHypervisor(lab: Lab, name: string, address: string): Promise<Hypervisor> {
  const hv = await lab.hypervisor(name, address);
  const entries = ENDPOINTS.map((e) =>
    `- :service_port: ${e.servicePort}\n  :remote_addr: ${e.remoteAddr}\n  :remote_port: ${e.remotePort}\n`
  );
  await hv.configure(`:tproxy:\n${entries.join("")}`);
  await hv.bridge(BRIDGE);
  return hv;
}

/** Every setting of the network stack in the bridge's namespace. */
export function settingsOf({ host }: Hypervisor): Promise<string> {
  return host.text(["ip", "netns", "exec", NAMES.netns, "sysctl", "-a", "--pattern", "^net"]);
}

/** `setup` itself. Its `--help` loads what every verb needs, and does nothing. */
export function ours(hv: Hypervisor): Contender {
  const tasks = new Map<Task, Work>([
    ["up, nothing is there", () => hv.up(BRIDGE)],
    ["up, all is there", () => hv.up(BRIDGE)],
    ["down", () => hv.down(BRIDGE)],
    ["start: --help", () => hv.setup("--help")],
  ]);
  return { name: OURS, tasks, commands: new Map() };
}

/** The other contenders. Each is one process on the host that starts the commands. */
export async function others(hv: Hypervisor): Promise<Contender[]> {
  const form = await findForm(hv);
  const up = commandsUp(NAMES, { name: "vnet0", id: "7", endpoints: ENDPOINTS }, form);
  const down = commandsDown(NAMES, form);
  const run = (...argv: string[]) => hv.host.text(argv);
  const runDeno = (...args: string[]) =>
    run(Deno.execPath(), "run", "--quiet", "--no-prompt", "--cached-only", "--frozen", ...args);
  const makeDriver = (name: string, launch: (commands: readonly Argv[]) => Promise<unknown>): Contender => ({
    name,
    tasks: new Map<Task, Work>([["up, nothing is there", () => launch(up)], ["down", () => launch(down)]]),
    commands: new Map<Task, number>([["up, nothing is there", up.length], ["down", down.length]]),
  });
  return [
    makeDriver("single commands, from sh", (commands) => run("/bin/sh", "-e", "-c", toScript(commands))),
    makeDriver(
      "single commands, from Deno",
      (commands) => runDeno("--allow-run=/usr/sbin/ip,/usr/sbin/nft", fileOf("driver"), JSON.stringify(commands)),
    ),
    {
      name: "Deno",
      tasks: new Map<Task, Work>([["start: no module", () => runDeno(fileOf("empty"))]]),
      commands: new Map(),
    },
    {
      name: "deno task setup",
      tasks: new Map<Task, Work>([["start: --help", () => run(Deno.execPath(), "task", "--quiet", "setup", "--help")]]),
      // The runtime starts four times: for the tasks, for its path, for the launcher and for setup.
      commands: new Map<Task, number>([["start: --help", 3]]),
    },
  ];
}

/** Finds out which form of the rules this kernel takes. */
async function findForm(hv: Hypervisor): Promise<BridgeForm> {
  await hv.up(BRIDGE);
  const rules = await hv.host.text(["nft", "list", "chain", "bridge", TPROXY, NAMES.chain]);
  await hv.down(BRIDGE);
  return rules.includes("ibrname") ? "ibrname" : "veth-set";
}

function toScript(commands: readonly Argv[]): string {
  return commands.map((argv) => argv.map(quote).join(" ")).join("\n");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function fileOf(name: string): string {
  return new URL(`${name}.ts`, import.meta.url).pathname;
}
