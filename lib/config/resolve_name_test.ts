import assert from "node:assert/strict";
import { isLocal, mayLeadTo } from "./resolve_name.ts";

Deno.test("isLocal() knows the addresses that only a host, or a link, has", () => {
  for (const address of ["127.0.0.1", "127.0.1.1", "127.255.255.255", "169.254.0.1", "169.254.169.254"]) {
    assert.ok(isLocal(address), address);
  }
  for (const address of ["10.127.0.1", "12.7.0.1", "169.253.0.1", "169.25.4.1", "16.9.254.1", "192.168.1.1"]) {
    assert.ok(!isLocal(address), address);
  }
});

Deno.test("mayLeadTo() lets no name but localhost lead to this host alone, and none to an address that is no host's", () => {
  const cases: [string, string, boolean][] = [
    ["gate.example", "10.0.0.1", true],
    ["gate.example", "127.0.0.1", false],
    ["gate.example", "169.254.169.254", false],
    ["gate.example", "0.0.0.0", false],
    ["localhost", "127.0.0.1", true],
    ["LocalHost.", "127.0.0.1", true],
    ["localhost", "10.0.0.1", true],
    ["localhost", "169.254.169.254", false],
    ["localhost.example", "127.0.0.1", false],
    ["notlocalhost", "127.0.0.1", false],
  ];
  for (const [name, address, may] of cases) assert.equal(mayLeadTo(name, address), may, `${name} ${address}`);
});
