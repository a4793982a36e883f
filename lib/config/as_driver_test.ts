import assert from "node:assert/strict";
import { readAsDriver } from "./as_driver.ts";
import { describeProblem } from "./config.ts";

const ENTRY = ":tproxy:\n- :service_port: 80\n  :remote_addr: 10.0.0.1\n  :remote_port: 8080\n";

/** The problems and remarks of a file, without its name and "OpenNebula's driver". */
function said(text: string): string[] {
  const { problems, remarks } = readAsDriver(text, "f");
  return [...problems, ...remarks].map((found) => describeProblem("f", found).replaceAll("OpenNebula's driver", "it"));
}

Deno.test("readAsDriver() finds nothing wrong with the user document's entries", () => {
  const view = readAsDriver(`${ENTRY}  :networks: [vnet0]\n:tproxy_debug_level: 2\n`, "f");
  assert.deepEqual(view, {
    entries: [{ line: 2, servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 8080, networks: ["vnet0"] }],
    problems: [],
    remarks: [],
  });
});

Deno.test("readAsDriver() says of each difference where it is, what comes of it, and what to write", () => {
  const cases: [string, string[]][] = [
    [ENTRY.replace(":tproxy", "tproxy"), ["f:1:1: tproxy: is no symbol; it opens nothing of it; write :tproxy:"]],
    [ENTRY.replace(":remote_addr", "remote_addr"), [
      "f:3:3: remote_addr: is no symbol; it passes the entry over; write :remote_addr:",
    ]],
    [`${ENTRY}  networks: [7]\n`, [
      "f:5:3: networks: is no symbol; it does not see it and opens the service to every network; write :networks:",
    ]],
    [`${ENTRY}  :netwoks: [vnet0]\n`, [
      "f:5:3: :netwoks: is [vnet0]; it does not see it and opens the service to every network; write :networks:",
    ]],
    [`${ENTRY}  :networks: vnet0\n`, [
      "f:5:14: :networks: is vnet0; it fails the start of every VM; write a list: [vnet0]",
    ]],
    [`${ENTRY}  :networks: [7]\n`, ["f:5:15: :networks: is 7; it gives it to a network of this name, too"]],
    [`${ENTRY}  :networks: ["07"]\n`, ['f:5:15: :networks: is "07"; it finds no ID that is written so; write 7']],
    [`${ENTRY}  :idle_timeout: 5\n  :proxy_protocol: v2\n`, [
      "f:5:3: :idle_timeout: is 5; it ignores it",
      "f:6:3: :proxy_protocol: is v2; it ignores it",
    ]],
    [ENTRY.replace("10.0.0.1", "gate.example"), [
      "f:3:17: :remote_addr: is gate.example; it passes the entry over; write one IPv4 address",
    ]],
    [ENTRY.replace("10.0.0.1", "[10.0.0.1, 10.0.0.2]"), [
      "f:3:17: :remote_addr: is [10.0.0.1, 10.0.0.2]; it passes the entry over: it can't read a list; " +
      "from Ruby 3.2 on it fails the start of the network's VMs; write one IPv4 address",
    ]],
    [ENTRY.replace("80\n", "1:30\n"), [
      "f:2:18: :service_port: is 1:30; it takes it for 5400; write that, or what is meant",
    ]],
    [ENTRY.replace("80\n", "70000\n"), [
      "f:2:18: :service_port: is 70000; it fails the start of the network's VMs; write a port",
    ]],
    [`a: &x 7\nb: *x\n${ENTRY}`, [
      "f:2:4: a value is *x; with Ruby 3.1 and later it takes nothing of the whole file because of it; " +
      "write it out, or put quotes around it",
    ]],
    [":tproxy: word\n", ["f:1:10: :tproxy: is word; it fails the start of every VM; write a list"]],
    [":tproxy:\n- word\n", ["f:2:3: :tproxy: is word; it fails the start of every VM; write an entry, or remove it"]],
  ];
  for (const [text, lines] of cases) assert.deepEqual(said(text), lines, text);
});
