/**
 * What a network driver does while VMs come and go, as command lines.
 *
 * @module
 */

/** How OpenNebula reaches us; `verbs` are single commands. */
export type Way = "verbs" | "full" | "hooks";

/** Something a driver waits for. */
export interface Step {
  /** What it is. */
  readonly name: string;
  /** The command lines, one after another. */
  readonly commands: readonly (readonly string[])[];
  /** What the first of them gets on standard input. */
  readonly input?: string;
  /** Programs of ours that are started, counted with the shell and the runtime of each. */
  readonly programs: number;
}

/** A launcher is a shell, which stays beside the runtime, and `readlink`. */
const PROGRAMS: Readonly<Record<string, number>> = { "tproxy-setup": 3, "tproxy": 3 };

/** Lists the steps, in an order in which each leaves what the next one needs. */
export function stepsOf(dist: string, way: Way, nics: number): readonly Step[] {
  const bridges = Array.from({ length: nics }, (_, i) => `br${i}`);
  const bin = (program: string, ...args: string[]) => [`${dist}/bin/${program}`, ...args];
  const up = (bridge: string, network: number) =>
    bin("tproxy-setup", "up", `--bridge=${bridge}`, `--network=vnet${network}`, `--network-id=${network}`);
  const down = (bridge: string, ...options: string[]) => bin("tproxy-setup", "down", `--bridge=${bridge}`, ...options);
  const reload = bin("tproxy", "reload");
  const step = (name: string, commands: readonly (readonly string[])[], input?: string): Step => {
    const programs = commands.reduce((sum, [path = ""]) => sum + (PROGRAMS[path.split("/").at(-1) ?? ""] ?? 1), 0);
    return { name, commands, programs, ...(input === undefined ? {} : { input }) };
  };
  if (way === "verbs") {
    const flags = ["run", "--quiet", "--no-config", "--no-lock", "--no-npm", "--no-prompt", "--no-remote"];
    const empty = ["/usr/bin/env", "-i", "DENO_DIR=/dev/null", `${dist}/lib/deno`, ...flags, "/run/empty.js"];
    return [
      step("an empty program", [empty]),
      step("setup up, all to do", [up("br0", 7)]),
      step("setup up, nothing to do", [up("br0", 7)]),
      step("start, all to do", [bin("tproxy", "start")]),
      step("start, nothing to do", [bin("tproxy", "start")]),
      step("reload, nothing to do", [reload]),
      step("setup down", [down("br0")]),
      step("start, all to end", [bin("tproxy", "start")]),
    ];
  }
  const vm = (network: number) => {
    const nic = (bridge: string, id: number) =>
      `<NIC><NIC_ID>${id}</NIC_ID><BRIDGE>${bridge}</BRIDGE><BRIDGE_TYPE>linux</BRIDGE_TYPE>` +
      `<NETWORK>vnet${network}</NETWORK><NETWORK_ID>${network}</NETWORK_ID><TARGET>one-1-${id}</TARGET></NIC>`;
    return btoa(`<VM><ID>1</ID><TEMPLATE>${bridges.map(nic).join("")}</TEMPLATE></VM>`) + "\n";
  };
  // The same for both ways: with "full", tproxy.rb describes the NICs.
  const deploy = (network: number): [readonly (readonly string[])[], string] => [
    [bin("tproxy-setup", "hook", "pre")],
    vm(network),
  ];
  const leave: [readonly (readonly string[])[], string?] = way === "full"
    ? [bridges.map((bridge) => down(bridge, "--now"))]
    : [[bin("tproxy-setup", "hook", "clean")], vm(7)];
  return [
    step("first VM", ...deploy(7)),
    step("VM of another network", ...deploy(8)),
    step("VM again", ...deploy(7)),
    step("last VM leaves", ...leave),
  ];
}
