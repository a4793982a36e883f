/**
 * A hostile peer on the string: whoever has taken over an inner proxy can say there what it likes.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Background } from "../../packaging/command.ts";
import type { Hypervisor } from "./hypervisor.ts";

const SOCKET = "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket";
const PROGRAM = new URL("../fixtures/hostile.js", import.meta.url).pathname;

/** What the peer does on each of its connections. */
export interface Attack {
  readonly count?: number;
  readonly pieces: readonly string[];
  readonly pauseMs?: number;
}

/** How it ended for the peer. */
export interface Outcome {
  readonly closed: number;
  readonly ms: number;
  readonly bytes: number;
}

/** Starts a peer on the string of br0. */
export function startAttack(hv: Hypervisor, { count = 1, pieces, pauseMs = 0 }: Attack): Background {
  const flags = ["--no-prompt", `--allow-net=unix:${SOCKET}`, `--allow-read=${SOCKET}`, `--allow-write=${SOCKET}`];
  const attack = JSON.stringify({ path: SOCKET, count, pieces, pauseMs });
  return hv.host.start([Deno.execPath(), "run", "--quiet", "--no-config", ...flags, PROGRAM, attack], { inside: true });
}

/** Waits until it has been sent away, or has given up. */
export async function outcomeOf(attack: Background): Promise<Outcome> {
  assert.equal(await attack.ended(), 0, attack.output);
  return JSON.parse(attack.output.trim().split("\n").at(-1) ?? "");
}
