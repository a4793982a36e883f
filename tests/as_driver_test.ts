/**
 * What `tproxy check --as-driver` says of a file is what Ruby makes of it; and it runs on a front-end.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import selection from "./fixtures/selection.rb" with { type: "text" };
import type { DriverView } from "../lib/config/driver_view.ts";
import { Host } from "./lab/host.ts";

const GOOD = { service_port: "80", remote_addr: "10.0.0.1", remote_port: "8080" };

/** A file with one entry, in which some values are others. */
function file(changes: Partial<typeof GOOD> & { networks?: string }): string {
  const lines = Object.entries({ ...GOOD, ...changes }).map(([key, value]) => `  :${key}: ${value}`);
  return `:tproxy:\n-\n${lines.join("\n")}\n`;
}

const PORTS = [
  ...[
    "80",
    '"80"',
    "5_030",
    "5,030",
    '"5_030"',
    '"5,030"',
    "010",
    '"010"',
    '"0o10"',
    "0x50",
    '"0x50"',
    '"0b11"',
    '" 80 "',
  ],
  ...[
    "80.0",
    "80.7",
    '"80.0"',
    "5e3",
    "1:30",
    "1:30:05",
    "true",
    "~",
    '""',
    "8O",
    "70000",
    "-1",
    "[80]",
    "{a: 1}",
    ":http",
  ],
  ...['"5__030"', '"_80"', '"80_"', '"-5"', '"+80"', '"0d80"', "1_.5", "."],
];
const ADDRESSES = [
  "gate.example",
  "10.0.0.01",
  "10.0.0",
  "256.0.0.1",
  "0.0.0.0",
  '"10.0.0.2"',
  "7",
  "~",
  "10.0.0.1.",
  "true",
  "[10.0.0.1]",
  "[10.0.0.1, 10.0.0.2]",
  "[]",
];
const NETWORKS = [
  ...[
    "[7]",
    '["7"]',
    '["07"]',
    "[07]",
    "[vnet0]",
    "\n  - :vnet0",
    "[8]",
    "[]",
    "~",
    "vnet0",
    "7",
    '""',
    "{7: 8}",
    "{}",
    "[7.0]",
    "[~]",
  ],
  ...["[true]", "[ vnet1, vnet0 ]", '[""]', "true", "7.5", ":vnet0"],
];
const FILES = [
  ...PORTS.flatMap((port) => [file({ service_port: port }), file({ remote_port: port })]),
  ...ADDRESSES.map((address) => file({ remote_addr: address })),
  ...NETWORKS.map((networks) => file({ networks })),
  file({}).replace(":tproxy", "tproxy"),
  file({}).replace(":tproxy", '":tproxy"'),
  file({}).replace(":tproxy", ':"tproxy"'),
  `${file({})}${file({ service_port: "81" })}`,
  `${file({})}${file({ service_port: "81" }).replace(":tproxy", "tproxy")}`,
  file({}).replace(":service_port", "service_port"),
  file({ networks: "[8]" }).replace(":networks", "networks"),
  file({ networks: "[8]" }).replace(":networks", ":netwoks"),
  `${file({})}- :service_port: 80\n  :remote_addr: 10.0.0.2\n  :remote_port: 1\n`,
  `${file({})}  :service_port: 81\n`,
  ...["7", "word", "true", "{}", "{a: 1}", "~", "", "[]", "[word]", "[7]", "[~]", "[[]]", "[1.5]", "[{}]"].map((
    value,
  ) => `:tproxy: ${value}\n`),
  `a: &x 7\n${file({})}b: *x\n`,
  `a: 2026-11-27\n${file({})}`,
  `a: "2026-11-27"\n${file({})}`,
  `a: 2026-11-27 10:00:00\n${file({})}`,
  `a: !ruby/object:Object {}\n${file({})}`,
  `a: !ruby/symbol b\n${file({})}`,
  `${file({})}---\n${file({ service_port: "81" })}`,
];

/** What the view comes to for a NIC of the network vnet0 with the ID 7. */
function selected({ entries, problems }: DriverView): unknown {
  if (problems.some(({ advice }) => /^OpenNebula's driver fails the start/.test(advice))) return "fails";
  const own = entries.filter(({ networks }) =>
    networks.length === 0 || networks.some((name) => name === "7" || name === "vnet0")
  );
  const first = own.filter(({ servicePort }, i) => own.findIndex((other) => other.servicePort === servicePort) === i);
  return first.map(({ servicePort, remoteAddr, remotePort }) => ({
    port: servicePort,
    remote: `${remoteAddr}:${remotePort}`,
  }));
}

Deno.test("readAsDriver() finds in a file what Ruby finds in it", async () => {
  await using host = await Host.create("ruby");
  const input = JSON.stringify(FILES);
  const run = ["run", "--quiet", "--cached-only", "--frozen", "--allow-env=LOG_STREAM,LOG_TOKENS"];
  const program = new URL("fixtures/as_driver.ts", import.meta.url).pathname;
  const views: DriverView[] = JSON.parse(await host.text([Deno.execPath(), ...run, program], input));
  const rubys: unknown[] = JSON.parse(await host.text(["ruby", "-e", selection], input));
  const found = FILES.map((text, i) => ({ text, ruby: rubys[i], ours: selected(views[i]!) }));
  const wrong = found.filter(({ ruby, ours }) => !isDeepStrictEqual(ruby, ours));
  assert.deepEqual(wrong, []);
  assert.ok(found.some(({ ruby }) => ruby === "fails") && found.some(({ ruby }) => isDeepStrictEqual(ruby, [])));
});
