/**
 * `outer`: the outer proxy (`lib/proxy/outer.ts`). `tproxy` starts it in the host's namespace.
 * `lib/permissions/daemon_permissions.ts` says what it may do.
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
// It is not awaited: Deno frees the 2.4 MiB with which it has loaded a module only once the module is evaluated.
void exitCodeOf("outer", work, Deno.stdout).then(Deno.exit);
