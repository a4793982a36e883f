/**
 * `by_hand inner|outer`: starts one proxy of a lab with exactly its flags, and shows its command line, that it has just
 * these, and what a guest gets through it. Ctrl-C ends it, and the lab.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { READY } from "../../lib/protocol/lifecycle.ts";
import { innerOf, OUTER, type Role } from "../../lib/role.ts";
import { explain, headline, prompt } from "../demo/show.ts";
import { argvOf, startOf } from "./daemon_start.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { Lab } from "./lab.ts";
import { fetchFrom, served } from "./scenario.ts";

/** Ends the proxy that `tproxy` has started. Its files stay for the proxy that is started by hand. */
async function endStarted(hv: Hypervisor, { title }: Role): Promise<void> {
  await hv.kill(title, "TERM");
  await until(`${title} has ended`, async () => !(await hv.status()).has(title));
}

/** Renders a command line for a shell: a line for each program, option and variable. */
function render(argv: readonly string[]): string {
  return argv.map((word, i) => {
    const quoted = /^[\w/.:=,@%+-]+$/.test(word) ? word : `'${word}'`;
    return i === 0 ? quoted : /^(?:--|\/|[A-Z_]+=)/.test(word) ? ` \\\n    ${quoted}` : ` ${quoted}`;
  }).join("");
}

async function show(lab: Lab, role: Role): Promise<void> {
  headline("A lab: a hypervisor with the bridge br0, a guest on it, a service; setup and tproxy have run");
  const { hv, guest } = await served(lab);
  await endStarted(hv, role);

  const namespace = await hv.host.text(["readlink", "/proc/self/ns/net"]);
  const argv = argvOf(startOf(role, Number(namespace.replaceAll(/\D/g, ""))));
  prompt("hv1", render(argv));
  const daemon = hv.host.start(argv, { inside: true });
  const ended = daemon.ended();
  const isReady = () => Promise.resolve(daemon.output.startsWith(READY));
  await Promise.race([until(`${role.title} is ready`, isReady), ended]);
  explain(daemon.output.trim());

  prompt("hv1", `tproxy permissions --running ${role.program}`);
  const { stdout, stderr } = await hv.tproxy("permissions", "--running", role.program);
  explain(`${stdout}${stderr}`.trim());
  prompt("guest1", "curl http://169.254.16.9:5030/who");
  explain((await fetchFrom(guest, "/who")).trim());
  headline(`${role.title} runs until Ctrl-C`);
  await ended;
  throw new Error(`${role.title} has ended: ${daemon.output}`);
}

const interrupted = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupted.resolve);
await using lab = await Lab.create();
await Promise.race([
  show(lab, Deno.args[0] === "outer" ? OUTER : innerOf(parseBridgeName("br0"))),
  interrupted.promise,
]);
