/**
 * `deno task inner` and `deno task outer`: a reviewer sees a proxy start with exactly its flags.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseBridgeName } from "../lib/names.ts";
import { innerPermissions, outerPermissions } from "../lib/permissions/daemon_permissions.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import { innerOf, OUTER } from "../lib/role.ts";
import { Background, until } from "../packaging/command.ts";
import { LAB_FLAGS } from "./lab/flags.ts";
import { ANSWER, GATE } from "./lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const SERVICE = { servicePort: 5030, remoteAddr: GATE, remotePort: 5030 };
const BY_HAND = new URL("./lab/by_hand.ts", import.meta.url).pathname;

for (
  const [role, permissions] of [
    [innerOf(BR0), innerPermissions(BR0)],
    [OUTER, outerPermissions(new Map([[BR0, [SERVICE]]]))],
  ] as const
) {
  Deno.test(`deno task ${role.program} starts a proxy with its flags and no others, and Ctrl-C ends all of it`, async () => {
    const argv = [Deno.execPath(), "run", ...LAB_FLAGS, BY_HAND, role.program];
    await using task = new Background(["/usr/bin/unshare", "--", ...argv]);
    await until("the guest is served", () => Promise.resolve(task.output.includes("runs until Ctrl-C")), 60);
    const [, flags = ""] = /--ext=js \\\n([^]*?) -(?: br0)?\n/.exec(task.output) ?? [];
    assert.deepEqual(flags.split("\\\n").map((flag) => flag.trim()), toFlags(permissions));
    assert.match(task.output, new RegExp(`^${role.title} \\(\\d+\\): ok\n.*\n${ANSWER}`, "m"));
    task.signal("SIGINT");
    assert.equal(await task.ended(), 0, task.output);
  });
}
