/**
 * Our own proxies, of this checkout or of another.
 *
 * @module
 */

import { ASK_ANOTHER } from "../../../lib/exit_code.ts";
import { checkout } from "../../../lib/permissions/checkout.ts";
import { commandPermissions } from "../../../lib/permissions/command_permissions.ts";
import { toFlags } from "../../../lib/permissions/permissions.ts";
import { type CommandProgram, FALLBACKS } from "../../../lib/permissions/verbs.ts";
import { GUEST_ADDRESS } from "../../../lib/names.ts";
import { DEFAULT_CONFIG_PATH } from "../../../lib/paths.ts";
import { until } from "../../../packaging/command.ts";
import type { Contender, Ports } from "./contender.ts";
import { BRIDGE, type Place } from "./place.ts";
import { processesOf } from "./processes.ts";
import { GATE, servicesOf } from "./services.ts";

/** This checkout. */
export const CHECKOUT = new URL("../../../", import.meta.url).pathname;

/** Makes our proxies a contender. Its bridge is set up as the driver sets it up. */
export async function ours(
  name: string,
  { hv, guest, neighbour }: Place,
  ports: Ports,
  root: string,
): Promise<Contender> {
  const entries = servicesOf(ports).map(([port, remotePort]) =>
    `- {":service_port": ${port}, ":remote_addr": ${GATE}, ":remote_port": ${remotePort}}\n`
  );
  await hv.configure(`:tproxy:\n${entries.join("")}`);
  await hv.up(BRIDGE);
  const run = (program: CommandProgram, verb: string) => hv.host.run([...lineOf(program, root), verb]);
  const tproxy = async (verb: string) => {
    let result = await run("tproxy", verb);
    // A launcher does the same.
    const other = FALLBACKS.tproxy;
    if (result.code === ASK_ANOTHER && other !== undefined) result = await run(other, verb);
    if (result.code !== 0) throw new Error(`tproxy ${verb} exited with ${result.code}: ${result.stderr}`);
  };
  const commandLines = { inner: /^one_tproxy_br0\b/, outer: /^one_tproxy(?: |$)/ };
  const start = () => tproxy("start");
  const stop = async () => {
    await tproxy("stop");
    await until("ours have ended", async () => (await processesOf(hv.host, /^one_tproxy/)).length === 0);
  };
  const proxies = { host: hv.host, commandLines, start, stop };
  return { name, client: guest, neighbour, address: GUEST_ADDRESS, ports, proxies };
}

/** The command line of a checkout's program, with exactly its permissions. */
function lineOf(program: CommandProgram, root: string): string[] {
  const flags = toFlags(commandPermissions(program, DEFAULT_CONFIG_PATH, checkout(root)));
  return [Deno.execPath(), "run", "--quiet", "--cached-only", "--frozen", ...flags, `${root}cmd/${program}.ts`];
}
