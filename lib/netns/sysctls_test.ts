import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { findDiffering, NETNS_SYSCTLS, setLine } from "./sysctls.ts";

Deno.test("findDiffering() tells settings with a wrong value, however the kernel parts numbers", () => {
  const right = NETNS_SYSCTLS.map((setting) => setting.split("=") as [string, string]);
  assert.deepEqual(findDiffering(new Map(right)), []);
  assert.deepEqual(findDiffering(new Map()), []);
  const wrong = new Map([...right, ["net.ipv4.ip_forward", "1"] as const]);
  assert.deepEqual(findDiffering(wrong), ["net.ipv4.ip_forward is 1"]);
  assert.deepEqual(findDiffering(wrong, []), []);
});

Deno.test("setLine() quotes each setting, since some have spaces", () => {
  const line = setLine(namesOf(parseBridgeName("br0")));
  assert.ok(line.startsWith('netns exec one_tproxy_br0 /usr/sbin/sysctl -e -q -w "net.ipv4.ip_forward=0" '));
  assert.ok(line.endsWith(' "net.ipv4.tcp_wmem=4096 16384 524288"'));
});
