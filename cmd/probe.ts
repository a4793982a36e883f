/**
 * `probe services MILLISECONDS ADDRESS:PORT…`: connects to each address, closes the connections, and prints how long
 * each has taken. `probe path QUIET-PORT PORT…`: tries the way of a guest out, in a namespace that is given a port of a
 * bridge meanwhile; it prints `ready`, then how that went, and waits to be ended. `tproxy doctor` starts it with the
 * permission to connect to just these addresses.
 *
 * @module
 */

import { connectAll } from "../lib/connect_all.ts";
import { delay } from "../lib/delay.ts";
import { tryPath } from "../lib/try_path.ts";

/** Whoever has started it ends it before, after it has removed the port. */
const LONGEST_MS = 60_000;

const [mode, number, ...targets] = Deno.args;
if (mode === "path") {
  console.log("ready");
  console.log(JSON.stringify(await tryPath(Number(number), targets.map(Number))));
  await delay(LONGEST_MS);
} else {
  console.log(JSON.stringify(await connectAll(targets, Number(number))));
}
// A connect that takes longer than its deadline would keep the process.
Deno.exit(0);
