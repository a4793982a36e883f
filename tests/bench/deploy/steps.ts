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
  /** The command line. */
  readonly command: readonly string[];
  /** What it gets on standard input. */
  readonly input?: string;
  /** What the driver does itself before, a line of the shell; it is not measured. */
  readonly before?: string;
}

/** Lists the steps, in an order in which each leaves what the next one needs. */
export function stepsOf(dist: string, way: Way, nics: number): readonly Step[] {
  const bridges = Array.from({ length: nics }, (_, i) => `br${i}`);
  const bin = (program: string, ...args: string[]) => [`${dist}/bin/${program}`, ...args];
  if (way === "verbs") {
    const flags = ["run", "--quiet", "--no-config", "--no-lock", "--no-npm", "--no-prompt", "--no-remote"];
    const empty = ["/usr/bin/env", "-i", "DENO_DIR=/dev/null", `${dist}/lib/deno`, ...flags, "/run/empty.js"];
    const up = bin("tproxy-setup", "up", "--bridge=br0", "--network=vnet7", "--network-id=7");
    return [
      { name: "an empty program", command: empty },
      { name: "setup up, all to do", command: up },
      { name: "setup up, nothing to do", command: up },
      { name: "start, all to do", command: bin("tproxy", "start") },
      { name: "start, nothing to do", command: bin("tproxy", "start") },
      { name: "reload, nothing to do", command: bin("tproxy", "reload") },
      { name: "setup down", command: bin("tproxy-setup", "down", "--bridge=br0") },
      { name: "start, all to end", command: bin("tproxy", "start") },
    ];
  }
  // The same for both ways: with "full", tproxy.rb describes the NICs.
  const hook = (action: string, network: number) => {
    const nic = (bridge: string, id: number) =>
      `<NIC><NIC_ID>${id}</NIC_ID><BRIDGE>${bridge}</BRIDGE><BRIDGE_TYPE>linux</BRIDGE_TYPE>` +
      `<NETWORK>vnet${network}</NETWORK><NETWORK_ID>${network}</NETWORK_ID><TARGET>one-1-${id}</TARGET></NIC>`;
    const input = btoa(`<VM><ID>1</ID><TEMPLATE>${bridges.map(nic).join("")}</TEMPLATE></VM>`) + "\n";
    return { command: bin("tproxy-setup", "hook", action), input };
  };
  const forEach = (line: string) => `for bridge in ${bridges.join(" ")}; do ${line}; done`;
  const make = forEach(
    "ip link show $bridge >/dev/null 2>&1 || ip link add $bridge type bridge; ip link set $bridge up",
  );
  const remove = forEach("ip link delete $bridge");
  return [
    { name: "first VM", ...hook("pre", 7), before: make },
    { name: "VM of another network", ...hook("pre", 8) },
    { name: "VM again", ...hook("pre", 7) },
    // With "hooks", the driver takes the port of the proxy for a guest's, and leaves the bridge.
    { name: "last VM leaves", ...hook("clean", 7), ...(way === "full" ? { before: remove } : {}) },
  ];
}
