/**
 * The outer proxy: `outer`. Started by `tproxy` in the host namespace; see `lib/proxy/outer.ts` for what it does and
 * `lib/daemon/permissions.ts` for what it may do.
 *
 * @module
 */

import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { runDaemon } from "../lib/proxy/daemon.ts";
import { Outer } from "../lib/proxy/outer.ts";

const work = async () => {
  await runDaemon(new Outer());
  return OK;
};
Deno.exit(await exitCodeOf("outer", work, Deno.stdout));
