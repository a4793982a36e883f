/**
 * A guest asks OneGate: without us in vain, and then at 169.254.16.9.
 *
 * @module
 */

import type { Result } from "../../packaging/command.ts";
import { TOKEN } from "../lab/nginx.ts";
import { lightUp, printed, prompt } from "./show.ts";
import { DemoError, type Place, show } from "./steps.ts";

/** OneGate's address, to which no guest has a route. */
export const GATE = "10.11.12.13";

/** How a guest tries to reach OneGate without us. */
export const DIRECTLY = `curl -sS --max-time 1 http://${GATE}:5030/vm`;

/** Shows that a guest can't reach OneGate, which takes it a second. */
export async function askDirectly({ guest }: Place, done: Promise<Result>): Promise<void> {
  await show(guest.name, "ip route", () => guest.run(["ip", "route"]));
  prompt(guest.name, DIRECTLY);
  const { code, stderr } = await done;
  printed(stderr.trim());
  if (code === 0) throw new DemoError(`${guest.name} has a route to ${GATE}, so the demo shows nothing`);
}

/** Shows that it is answered at 169.254.16.9, and the way of its request. */
export async function ask({ name, hv, guest }: Place, id: number): Promise<void> {
  const url = "http://169.254.16.9:5030/vm";
  const headers = [`X-ONEGATE-TOKEN: ${TOKEN}`, `X-ONEGATE-VMID: ${id}`];
  const argv = ["curl", "-sS", "--max-time", "5", ...headers.flatMap((header) => ["-H", header]), url];
  const answer = await show(
    guest.name,
    `curl -H "X-ONEGATE-TOKEN: $TOKENTXT" -H "X-ONEGATE-VMID: ${id}" ${url}`,
    () => guest.run(argv),
  );
  if (JSON.parse(answer).VM.ID !== String(id)) throw new DemoError(`${guest.name} got ${answer}`);
  const said = await show(
    name,
    "deno task tproxy logs",
    () => hv.tproxy("logs"),
    (line) => / {2}Opened {2}/.test(line),
  );
  const lines = said.split("\n").filter((line) => / {2}Opened {2}/.test(line));
  const field = (name: string) => new RegExp(` {2}${name}=(\\S+)`).exec(lines.at(-1) ?? "")?.[1];
  const [from, stream, remote] = [field("guest"), field("stream"), field("remote")];
  if (lines.length !== 2 || remote !== `${GATE}:5030`) throw new DemoError(`${name} has logged ${said}`);
  await lightUp(guest.name, [
    `${from} connects to 169.254.16.9:5030`,
    "its packet crosses the bridge, and the veth pair into the namespace one_tproxy_br0",
    "one_tproxy_br0 takes it: an own user, who may call one socket and nothing else",
    `as stream ${stream} over the UNIX socket, out of the namespace`,
    `one_tproxy dials ${remote}: an own user, who may dial this and nothing else`,
    `OneGate answers VM ${id}`,
  ]);
}
