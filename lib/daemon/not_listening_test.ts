import assert from "node:assert/strict";
import type { Process } from "./ps.ts";
import { describeNotListening } from "./not_listening.ts";

const IDENTITY = {
  uid: 0,
  gid: 0,
  groups: [],
  netns: 7,
  userns: 8,
  isZombie: false,
  seconds: 60,
  state: "S",
  cpuSeconds: 0,
} as const;
const row = (pid: number, args: string): Process => ({ pid, ...IDENTITY, args });

Deno.test("describeNotListening() names who else is there, and how to end it", () => {
  assert.equal(
    describeNotListening("one_tproxy_br0", ["80", "5030"], [row(812, "one_tproxy_br0")]),
    "one_tproxy_br0 can't listen on 80, 5030: in its network namespace there is also 812 (one_tproxy_br0), as a proxy of " +
      'OpenNebula\'s own would be; end it, for example with "kill 812", then run "tproxy reload"',
  );
});

Deno.test("describeNotListening() names a few of many, and not all that a process calls itself", () => {
  const many = Array.from({ length: 9 }, (_, i) => row(i + 1, "x".repeat(10_000)));
  const text = describeNotListening("one_tproxy_br0", ["80"], many);
  assert.match(text, /also 1 \(x{40}\), 2 \(x{40}\), 3 \(x{40}\) and 6 more, .*"kill 1 2 3"/);
});

Deno.test("describeNotListening() refers to the log where nobody else is", () => {
  assert.equal(describeNotListening("one_tproxy_br0", ["80"], []), "one_tproxy_br0 can't listen on 80; see its log");
});
