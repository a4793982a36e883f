/**
 * The outer proxy: `outer`. Started by `tproxy` in the host namespace; see `lib/proxy/outer.ts` for what it does and
 * `lib/permissions/table.ts` for what it may do.
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
// Not awaited: as long as this module is being evaluated, Deno keeps what it has read it with, 2.4 MiB.
void exitCodeOf("outer", work, Deno.stdout).then(Deno.exit);
