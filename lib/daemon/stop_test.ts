import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import { numberOf } from "./owner.ts";
import { parseProcessStates } from "./ps.ts";
import { goesOn } from "./stop.ts";

const OWN = numberOf(innerOf(parseBridgeName("br0")));

Deno.test("parseProcessStates() reads the columns of ps, whose rows may have spaces before and after", () => {
  const rows = parseProcessStates(
    "  16803     0 0 Ssl  one_tproxy   \n4194304 1900000005  7 Z one_tproxy_br0 (draining)\n\nx\n",
  );
  assert.deepEqual(rows, [
    { pid: 16803, uid: 0, gid: 0, isZombie: false, args: "one_tproxy" },
    { pid: 4194304, uid: 1_900_000_005, gid: 7, isZombie: true, args: "one_tproxy_br0 (draining)" },
  ]);
});

Deno.test("goesOn() waits for a daemon by its group, whatever its title, until it drains or has ended", () => {
  const cases: [row: string, draining: boolean, ended: boolean][] = [
    [`${OWN} ${OWN} Sl one_tproxy_br0`, true, true],
    [`${OWN} ${OWN} Sl one_tproxy_br0 (draining)`, false, true],
    [`13 ${OWN} S renamed`, true, true],
    [`${OWN} ${OWN} S `, true, true],
    [`${numberOf(OUTER)} ${numberOf(OUTER)} S one_tproxy_br7`, true, true],
    [`${OWN} ${OWN} Z [one_tproxy_br0] <defunct>`, false, false],
    // Its first thread has ended, and others go on.
    [`${OWN} ${OWN} Zl [one_tproxy_br0] <defunct>`, true, true],
    ["0 0 Sl one_tproxy", true, true],
    ["0 0 Sl one_tproxy (draining)", false, true],
    // Another process has got the ID.
    ["0 0 Ss /usr/sbin/cron", false, false],
    ["1000 1000 S one_tproxy_br0", false, false],
  ];
  for (const [row, draining, ended] of cases) {
    const [state] = parseProcessStates(`42 ${row}\n`);
    assert.ok(state !== undefined, row);
    assert.deepEqual([goesOn(state, "draining"), goesOn(state, "ended")], [draining, ended], row);
  }
});
