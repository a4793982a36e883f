import assert from "node:assert/strict";
import { runByDeno } from "../permissions/run_by_deno.ts";
import { commandPermissions } from "../permissions/command_permissions.ts";
import { innerPermissions } from "../permissions/daemon_permissions.ts";
import { toFlags } from "../permissions/permissions.ts";
import { COMMAND_PROGRAMS } from "../permissions/verbs.ts";
import { compiled, compiledFlags } from "../permissions/compiled.ts";
import { EXAMPLE_BRIDGE, EXAMPLE_FILE, listGrants, renderGrants } from "./permissions_report.ts";

const FORM = runByDeno("/x/deno", "/x");

Deno.test("listGrants() gives each program the flags of its table, and stands-ins for what differs from host to host", () => {
  const grants = listGrants("/a.conf", FORM);
  const [probe, inner, outer] = [grants.pop(), grants.pop(), grants.pop()];
  assert.deepEqual(
    grants,
    COMMAND_PROGRAMS.map((entrypoint) => ({
      entrypoint,
      user: "root",
      flags: toFlags(commandPermissions(entrypoint, "/a.conf", FORM, EXAMPLE_FILE)),
    })),
  );
  const net = outer?.flags.find((flag) => flag.startsWith("--allow-net="))?.split(",");
  assert.equal(net?.[0], "--allow-net=unix:/run/one_tproxy/written-by-proxies/new-sockets-of-outer/string.0.socket");
  assert.equal(net.at(-1), "<remote_addr>:<remote_port>");
  assert.deepEqual(inner, {
    entrypoint: "inner",
    bridge: EXAMPLE_BRIDGE,
    user: "a user of its own",
    flags: toFlags(innerPermissions(EXAMPLE_BRIDGE)),
  });
  assert.deepEqual(probe, {
    entrypoint: "probe",
    user: "outer's user",
    flags: ["--no-prompt", "--no-remote", "--allow-net=<remote_addr>:<remote_port>"],
  });
});

Deno.test("listGrants() has what compiled programs were compiled with", () => {
  const grants = listGrants("/a.conf", compiled("/x/tproxy"));
  assert.deepEqual(
    grants.slice(-3).map(({ flags }) => flags),
    (["outer", "inner", "probe"] as const).map((program) => compiledFlags(program)),
  );
});

Deno.test("renderGrants() gives each program a paragraph and each flag a line, and says what stands for something else", () => {
  const setup = { entrypoint: "setup", user: "root", flags: ["--no-prompt", "--allow-run=/usr/sbin/ip"] } as const;
  const inner = {
    entrypoint: "inner",
    bridge: EXAMPLE_BRIDGE,
    user: "a user of its own",
    flags: ["--no-prompt"],
  } as const;
  assert.equal(renderGrants([setup]), "setup, as root\n  --no-prompt\n  --allow-run=/usr/sbin/ip");
  assert.match(
    renderGrants([setup, inner]),
    /\n\ninner <br>, as a user of its own\n {2}--no-prompt\n\n<br> stands for each bridge, .+\nWhere :tproxy_process_owner: is set, outer and inner run as that user\. That is weaker: /,
  );
});
