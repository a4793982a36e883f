import assert from "node:assert/strict";
import { KernelStateError } from "../errors.ts";
import { type Inside, parseInside } from "./inside.ts";

const LO = { ifname: "lo", ifindex: 1, mtu: 65536, flags: ["LOOPBACK"], addr_info: [] };
const END = {
  ...{ ifname: "br0a", ifindex: 2, link_index: 7, link_netnsid: 0, mtu: 1500, flags: ["UP", "LOWER_UP"] },
  ...{ address: "12:19:13:6f:7b:9f" },
  addr_info: [
    { family: "inet", local: "169.254.16.9", prefixlen: 32 },
    { family: "inet6", local: "fe80::1", prefixlen: 64 },
  ],
};

function parse(...lines: string[]): Extract<Inside, { state: "alive" }> {
  const inside = parseInside(lines.join("\n"));
  assert.ok(inside.state === "alive");
  return inside;
}

Deno.test("parseInside() reads settings, devices, addresses and default routes", () => {
  const routes = [{ dst: "default", dev: "br0a", scope: "link" }, { dst: "10.0.0.0/8", dev: "lo" }];
  const { links, addresses, defaultDevices, sysctls } = parse(
    "net.ipv4.ip_forward = 0",
    "net.ipv4.tcp_rmem = 4096\t131072\t524288",
    JSON.stringify([LO, END]),
    JSON.stringify(routes),
    "",
  );
  assert.deepEqual(links.map(({ name, up }) => [name, up]), [["lo", false], ["br0a", true]]);
  assert.deepEqual([...addresses], [["lo", []], ["br0a", ["169.254.16.9/32"]]]);
  assert.deepEqual(defaultDevices, ["br0a"]);
  assert.deepEqual([...sysctls], [["net.ipv4.ip_forward", "0"], ["net.ipv4.tcp_rmem", "4096 131072 524288"]]);
});

Deno.test("parseInside() takes an empty namespace, and a kernel that has none of the settings", () => {
  const { links, defaultDevices, sysctls } = parse(JSON.stringify([LO]), "[ ]");
  assert.deepEqual([links.length, defaultDevices, sysctls.size], [1, [], 0]);
});

Deno.test("parseInside() never takes half an answer for an empty namespace", () => {
  const wrong = ["", "[]", "[]\n[]\n[]", "[\n[]", '{"a":1}\n[]', "[{}]\n[]", "[]\n[", "net.ipv4.ip_forward = 0\n[]"];
  for (const text of wrong) assert.throws(() => parseInside(text), KernelStateError, text);
});
