/**
 * `probe MILLISECONDS ADDRESS:PORT…`: connects to each address, closes the connections, and prints how long each has
 * taken. `tproxy doctor` starts it with the permission to connect to just these addresses.
 *
 * @module
 */

import { connectAll } from "../lib/connect_all.ts";

const [deadlineMs, ...targets] = Deno.args;
console.log(JSON.stringify(await connectAll(targets, Number(deadlineMs))));
// A connect that takes longer than its deadline would keep the process.
Deno.exit(0);
