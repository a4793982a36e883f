/**
 * Who imports whom, read from the module graph; and that no code comes from anywhere but the modules in it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Host } from "./lab/host.ts";

const ROOT = new URL("../", import.meta.url);

/** CONTRIBUTING.md: each folder may import from those after it. */
const LAYERS: readonly string[] = [
  "cmd",
  "lib/sysdump",
  "lib/doctor",
  "lib/top",
  "lib/commands",
  "lib/watch",
  "lib/health",
  "lib/integrate",
  "lib/daemon",
  "lib/setup",
  "lib/netns",
  "lib/permissions",
  "lib/nft",
  "lib/config",
  "lib/protocol",
  "lib",
];

/** A module, and the modules that it imports: paths in this checkout, or specifiers of what is not. */
type Graph = ReadonlyMap<string, readonly string[]>;

/** The part of `deno info --json` that counts here. */
interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { code?: { specifier: string }; type?: { specifier: string } }[];
  }[];
}

async function readGraph(host: Host, program: string): Promise<Graph> {
  const info: Info = JSON.parse(await host.text([Deno.execPath(), "info", "--json", program]));
  const named = (specifier: string) => specifier.replace(ROOT.href, "");
  return new Map(info.modules.map(({ specifier, dependencies = [] }) => {
    const imports = dependencies.flatMap(({ code, type }) => [code, type]).filter((found) => found !== undefined);
    return [named(specifier), imports.map((found) => named(found.specifier))];
  }));
}

/** The source files of a folder and those below it, without tests. */
async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    if (isDirectory) found.push(...await sources(`${folder}${name}/`));
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) found.push(`${folder}${name}`);
  }
  return found;
}

function layerOf(module: string): string {
  return module.slice(0, module.lastIndexOf("/"));
}

Deno.test("inner and outer are made of lib/proxy, lib/protocol, lib/*.ts and node:process", async () => {
  await using host = await Host.create("reader");
  for (const program of ["cmd/inner.ts", "cmd/outer.ts"]) {
    const graph = await readGraph(host, program);
    assert.ok(graph.has("lib/proxy/relay.ts"), `${[...graph.keys()]}`);
    const foreign = [...graph.keys()].filter((module) => !/^lib\/(?:(?:proxy|protocol)\/)?\w+\.ts$/.test(module));
    assert.deepEqual(foreign.toSorted(), [program, "node:process"]);
  }
});

Deno.test("what the driver calls loads no package but the one that reads a VM, and of Node.js nothing before it needs it", async () => {
  await using host = await Host.create("reader");
  const cases = [
    ["cmd/tproxy.ts", "lib/daemon/reconcile.ts", ["node:child_process", "node:fs"]],
    ["cmd/updown.ts", "lib/setup/setup.ts", []],
    ["cmd/deploy.ts", "lib/setup/hook.ts", ["node:child_process", "node:fs", "npm:/saxes@6.0.0"]],
  ] as const;
  for (const [program, known, needed] of cases) {
    const graph = await readGraph(host, program);
    assert.ok(graph.has(known), `${[...graph.keys()]}`);
    const foreign = [...graph.keys()].filter((module) => !/^(?:cmd|lib|deno\.json)/.test(module));
    assert.deepEqual(foreign.toSorted(), needed);
    for (const [module] of graph) {
      if (!module.endsWith(".ts")) continue;
      const text = await Deno.readTextFile(new URL(module, ROOT));
      assert.doesNotMatch(text, /^import (?!type ).* from "node:/m, module);
      // The runtime would load the timers of Node.js for it. What starts proxies or waits for them loads Node.js
      // anyway.
      if (!/^lib\/(?:delay|daemon\/spawn)\.ts$/.test(module)) assert.doesNotMatch(text, /\bsetTimeout\(/, module);
    }
  }
});

/** Whether a module of one folder may import one of another. */
function mayImport(from: string, to: string): boolean {
  if (from === to || to === "lib") return true;
  if (/^packaging(?:\/|$)/.test(from)) return to !== "tests";
  // Only its two programs import the data path, and it imports only the protocol.
  if (from === "lib/proxy") return to === "lib/protocol";
  if (to === "lib/proxy") return from === "cmd";
  return LAYERS.includes(from) && LAYERS.indexOf(from) < LAYERS.indexOf(to);
}

Deno.test("imports go one way, from the command line down to lib/*.ts, and the data path is apart", async () => {
  await using host = await Host.create("reader");
  const programs = [...await sources("cmd/"), ...await sources("packaging/")];
  const graphs = await Promise.all(programs.map((program) => readGraph(host, program)));
  const graph = new Map(graphs.flatMap((graph) => [...graph]));
  const wrong: string[] = [];
  for (const [module, imports] of graph) {
    for (const imported of imports.filter((path) => /^(?:cmd|lib|packaging|tests)\//.test(path))) {
      if (!mayImport(layerOf(module), layerOf(imported))) wrong.push(`${module} imports ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual((await sources("lib/")).filter((module) => !graph.has(module)), [], "nobody uses these");
});

Deno.test("no source makes code of text, loads code while it runs, or starts a shell", async () => {
  const files = [...await sources("cmd/"), ...await sources("lib/")];
  assert.ok(files.includes("lib/proxy/outer.ts"));
  const forbidden = [
    /\beval\b/,
    /\bFunction\s*\(/,
    // What of Node.js starts a daemon takes longer to load than a run that starts none. A literal name loads no foreign
    // code.
    /\bimport\((?!"node:(?:fs|child_process)"\))/,
    /\bnew Worker\b/,
    /\bdlopen\b/,
    /node:(?:vm|module|worker_threads|inspector)/,
    /\b(?:ba|da)?sh"?,?\s*"?-c\b/,
    /\bshell: true/,
  ];
  const found: string[] = [];
  for (const file of files) {
    const text = (await Deno.readTextFile(new URL(file, ROOT))).replaceAll(/\/\*.*?\*\//gs, "");
    found.push(...forbidden.filter((pattern) => pattern.test(text)).map((pattern) => `${file}: ${pattern}`));
  }
  assert.deepEqual(found, []);
});

/** The part of `deno doc --json` that counts here. */
interface Documentation {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly Symbol[] }>>;
}

interface Symbol {
  readonly name: string;
  readonly declarations: readonly { readonly kind: string; readonly jsDoc?: { tags?: { kind: string }[] } }[];
}

Deno.test("every function of mod.ts has an example, but the one that needs a file", async () => {
  await using host = await Host.create("reader");
  const text = await host.text([Deno.execPath(), "doc", "--json", new URL("mod.ts", ROOT).pathname]);
  const { nodes }: Documentation = JSON.parse(text);
  const without = Object.values(nodes).flatMap(({ symbols }) => symbols).filter(({ declarations }) =>
    declarations.some(({ kind, jsDoc }) => kind === "function" && !jsDoc?.tags?.some(({ kind }) => kind === "example"))
  );
  assert.deepEqual(without.map(({ name }) => name), ["readConfig"]);
});
