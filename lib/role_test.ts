import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "./errors.ts";
import { parseBridgeName } from "./names.ts";
import { PROXY_DIR, RUN_DIR } from "./paths.ts";
import { innerOf, OUTER } from "./role.ts";

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

Deno.test("OUTER and innerOf() give titles and logs as the user document has them, and files of their own", () => {
  const written = "/run/one_tproxy/written-by-proxies";
  assert.deepEqual([OUTER, innerOf(parseBridgeName("br0"))], [
    {
      program: "outer",
      title: "one_tproxy",
      log: "/var/log/one_tproxy.log",
      routesFile: "/run/one_tproxy/outer-routes.json",
      statsFile: `${written}/outer-stats.json`,
      usageFiles: Array.from({ length: 8 }, (_, i) => `${written}/outer-usage.${i}.json`),
    },
    {
      program: "inner",
      bridge: "br0",
      title: "one_tproxy_br0",
      log: "/var/log/one_tproxy_br0.log",
      routesFile: "/run/one_tproxy/inner-ports.br0.json",
      statsFile: `${written}/inner-stats.br0.json`,
      usageFiles: Array.from({ length: 8 }, (_, i) => `${written}/inner-usage.br0.${i}.json`),
    },
  ]);
});

Deno.test("innerOf() keeps an inner's files out of its bridge's folder, whatever the bridge is called", () => {
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,13}$/), (name) => {
    const { routesFile, statsFile, usageFiles } = innerOf(parseBridgeName(name));
    for (const path of [routesFile, statsFile]) assert.equal(new URL(path, "file:///").pathname, path);
    assert.equal(folderOf(routesFile), RUN_DIR);
    for (const path of [statsFile, ...usageFiles]) assert.equal(folderOf(path), PROXY_DIR);
  }));
});

Deno.test("the files of daemons have names that no bridge can have", () => {
  for (const { routesFile, statsFile, usageFiles } of [OUTER, innerOf(parseBridgeName("b"))]) {
    for (const path of [routesFile, statsFile, ...usageFiles]) {
      assert.throws(() => parseBridgeName(path.slice(path.lastIndexOf("/") + 1)), InputError, path);
    }
  }
});
