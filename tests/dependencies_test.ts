/**
 * The packages are those that docs/dependencies.md lists, behind the modules that it names, and the library can be
 * published.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import page from "../docs/dependencies.md" with { type: "text" };
import { Host } from "./lab/host.ts";

const ROOT = new URL("../", import.meta.url);

/** Where each package is imported; the tests import fast-check themselves. */
const BEHIND: Readonly<Record<string, RegExp>> = {
  yaml: /^(?:lib\/config\/yaml|packaging\/workflow_test)\.ts$/,
  // The second imports only types.
  commander: /^(?:cmd\/cli|packaging\/manual\/command_line)\.ts$/,
  saxes: /^lib\/setup\/xml\.ts$/,
  "fast-check": /_test\.ts$/,
  "@cyclonedx/cyclonedx-library": /^tests\/lab\/validate_sbom\.ts$/,
  ajv: /^tests\/lab\/validate_sbom\.ts$/,
  "ajv-formats": /^tests\/lab\/validate_sbom\.ts$/,
  "ajv-formats-draft2019": /^tests\/lab\/validate_sbom\.ts$/,
};

async function modulesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) found.push(...await modulesIn(`${folder}${name}/`));
    else if (name.endsWith(".ts")) found.push(`${folder}${name}`);
  }
  return found;
}

Deno.test("docs/dependencies.md lists every package with its version, and no other", () => {
  const listed = [...page.matchAll(/\[\S+\]\(https:\/\/www\.npmjs\.com\/package\/([^)]+)\)\s([\d.]+\d)/g)];
  const wanted = Object.entries(settings.imports).map(([name, specifier]) => [name, specifier.split("@").at(-1)]);
  assert.deepEqual(listed.map(([, name, version]) => [name, version]).toSorted(), wanted.toSorted());
});

Deno.test("each package is imported by the modules that wrap it alone", async () => {
  const wrong: string[] = [];
  const found = new Set<string>();
  for (const module of (await Promise.all(["cmd/", "lib/", "packaging/", "tests/"].map(modulesIn))).flat()) {
    const text = await Deno.readTextFile(new URL(module, ROOT));
    for (const [, name = ""] of text.matchAll(/^(?:import|export) (?:[^"]* from )?"((?!\.)(?!node:)[^"]+)"/gm)) {
      if (BEHIND[name]?.test(module)) found.add(name);
      else wrong.push(`${module} imports ${name}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(found, new Set(Object.keys(settings.imports)));
});

Deno.test("the library can be published: no slow types, no warning, no test in it", async () => {
  await using host = await Host.create("publisher");
  const dry = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { code, stdout, stderr } = await host.run([Deno.execPath(), ...dry]);
  assert.equal(code, 0, stderr);
  const said = `${stdout}${stderr}`;
  assert.doesNotMatch(said, /^(?:warning|error)\b/m);
  const files = [...said.matchAll(/^ +file:\/\/(\S+) /gm)].map(([, path = ""]) => path.slice(ROOT.pathname.length));
  assert.ok(files.includes("lib/names.ts"), said);
  assert.deepEqual(files.filter((file) => /_test\.ts$|^tests\//.test(file)), []);
});
