import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerPermissions, outerPermissions } from "./daemon_permissions.ts";
import { toFlags } from "./permissions.ts";

const [BR0, BR1] = [parseBridgeName("br0"), parseBridgeName("br1")];
const WRITTEN = "/run/one_tproxy/written-by-proxies";

/** The usage files of a title. */
function usage(name: string): string {
  return Array.from({ length: 8 }, (_, i) => `${WRITTEN}/${name}.${i}.json`).join(",");
}

function endpoint(servicePort: number, remoteAddr: string, remotePort: number) {
  return { servicePort, remoteAddr, remotePort };
}

const NEW = `${WRITTEN}/new-sockets-of-outer`;
const STRINGS = `${WRITTEN}/sockets-for-inners`;

/** The sockets at which inners call outer, and those at which root asks it. */
const NEW_SOCKETS = ["string", "look", "act"].flatMap((kind) =>
  Array.from({ length: 8 }, (_, slot) => `unix:${NEW}/${kind}.${slot}.socket`)
).join(",");

Deno.test("innerPermissions() let it listen, call outer, read its ports and write its log", () => {
  assert.deepEqual(toFlags(innerPermissions(BR0)), [
    "--no-prompt",
    "--no-remote",
    `--allow-net=169.254.16.9,unix:${STRINGS}/br0/outer.socket`,
    `--allow-read=/run/one_tproxy/inner-ports.br0.json,${STRINGS}/br0/outer.socket,${usage("inner-usage.br0")}`,
    `--allow-write=/var/log/one_tproxy_br0.log,${STRINGS}/br0/outer.socket,${WRITTEN}/inner-stats.br0.json,` +
    usage("inner-usage.br0"),
  ]);
});

Deno.test("outerPermissions() let it dial exactly the listed remotes, each named once", () => {
  const bridges = new Map([
    [BR1, [endpoint(80, "10.0.0.2", 8080), endpoint(5030, "10.0.0.1", 5030)]],
    [BR0, [{ ...endpoint(5030, "10.0.0.1", 5030), backupAddrs: ["10.0.0.3"] }]],
  ]);
  assert.deepEqual(toFlags(outerPermissions(bridges)), [
    "--no-prompt",
    "--no-remote",
    `--allow-net=${NEW_SOCKETS},10.0.0.1:5030,10.0.0.2:8080,10.0.0.3:5030`,
    `--allow-read=/run/one_tproxy/outer-routes.json,${usage("outer-usage")},${NEW},${STRINGS}`,
    `--allow-write=/var/log/one_tproxy.log,${WRITTEN}/outer-stats.json,${usage("outer-usage")},` +
    `${NEW},${STRINGS}`,
  ]);
});

Deno.test("outerPermissions() are the same in whatever order nft lists bridges and endpoints", () => {
  const [a, b, c] = [endpoint(1, "10.0.0.1", 1), endpoint(2, "10.0.0.2", 2), endpoint(3, "10.0.0.3", 3)];
  assert.deepEqual(
    outerPermissions(new Map([[BR0, [a, b]], [BR1, [c]]])),
    outerPermissions(new Map([[BR1, [c]], [BR0, [b, a]]])),
  );
});

Deno.test("outerPermissions() are the same whichever bridges have the services", () => {
  const one = endpoint(5030, "10.0.0.1", 5030);
  assert.deepEqual(outerPermissions(new Map([[BR0, [one]]])), outerPermissions(new Map([[BR0, [one]], [BR1, [one]]])));
});

Deno.test("outerPermissions() differ when a remote does, and not when only a service port does", () => {
  const flags = (servicePort: number, remotePort: number) =>
    toFlags(outerPermissions(new Map([[BR0, [endpoint(servicePort, "10.0.0.1", remotePort)]]])));
  assert.notDeepEqual(flags(80, 80), flags(80, 81));
  assert.deepEqual(flags(80, 80), flags(81, 80));
});

Deno.test("innerPermissions() and outerPermissions() let the data path run nothing and see no environment", () => {
  for (
    const { run, env } of [innerPermissions(BR0), outerPermissions(new Map([[BR0, [endpoint(1, "10.0.0.1", 1)]]]))]
  ) {
    assert.deepEqual([run, env], [[], []]);
  }
});
