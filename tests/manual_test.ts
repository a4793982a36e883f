/**
 * The manual and the completions of the distribution: read by `man`, and typed on a terminal.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../deno.json" with { type: "json" };
import { ENTRY_KEYS, FILE_KEYS } from "../lib/config/keys.ts";
import { Host } from "./lab/host.ts";
import { typeAt } from "./lab/typing.ts";

const DIST = new URL(`../.build/dist/one-tproxy-${settings.version}-linux-x86_64`, import.meta.url).pathname;
const MAN = `${DIST}/share/man`;
const PAGES = [`${MAN}/man8/tproxy.8`, `${MAN}/man8/tproxy-setup.8`, `${MAN}/man5/OpenNebulaNetwork-tproxy.conf.5`];

/** Has `man` show a page as plain text on lines that are long enough for each paragraph. */
function show(host: Host, page: string): Promise<string> {
  return host.text(["env", "MANWIDTH=1000", "LC_ALL=C.UTF-8", "man", "-l", page]);
}

/** The commands that a program's help lists, and the options of each. */
async function helpOf(host: Host, program: string): Promise<[verb: string, options: string[]][]> {
  const listed = await host.text([`${DIST}/bin/${program}`, "--help"]);
  const verbs = [...listed.matchAll(/^ {2}([a-z]\S+) /gm)].map(([, verb = ""]) => verb);
  assert.ok(verbs.length > 3, listed);
  return await Promise.all(
    verbs.filter((verb) => verb !== "help").map(async (verb) => {
      const help = await host.text([`${DIST}/bin/${program}`, verb, "--help"]);
      return [verb, [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = ""]) => option)];
    }),
  );
}

Deno.test("man shows each page, and neither groff nor mandoc finds a mistake in it", async () => {
  await using host = await Host.create("reader");
  for (const page of PAGES) {
    const shown = await host.run(["env", "LC_ALL=C.UTF-8", "man", "--warnings", "-l", page]);
    assert.deepEqual([shown.code, shown.stderr], [0, ""]);
    assert.match(shown.stdout, /^NAME\n {7}\S+ - \S/m);
    const lint = await host.run(["mandoc", "-T", "lint", "-W", "warning", page]);
    // A date would differ from build to build.
    assert.match(lint.stdout, /^mandoc: \S+ WARNING: missing date, using "": TH\n$/);
  }
});

Deno.test("the page of a program has every command and option of its help, and no others", async () => {
  await using host = await Host.create("reader");
  for (const program of ["tproxy", "tproxy-setup"]) {
    const shown = await show(host, `${MAN}/man8/${program}.8`);
    const commands = /^COMMANDS$([^]*?)^\S/m.exec(shown)?.[1] ?? "";
    const described = new Map(
      commands.split(/^ {3}(?=\S)/m).slice(1).map((text) => [
        text.slice(program.length + 1, text.indexOf("\n")),
        [...text.matchAll(/^ {7}(--[\w-]+)/gm)].map(([, option]) => option),
      ]),
    );
    described.delete("help");
    const help = await helpOf(host, program);
    assert.deepEqual(
      [...described],
      help.map(([verb, options]) => [verb, options.filter((word) => word !== "--help")]),
    );
  }
});

Deno.test("the page of the configuration has every key", async () => {
  await using host = await Host.create("reader");
  const shown = await show(host, PAGES[2] ?? "");
  for (const key of [...FILE_KEYS, ...ENTRY_KEYS]) assert.ok(shown.includes(`:${key}:`), key);
});

/** Types lines at a shell on a terminal, where `tproxy` and `tproxy-setup` say what they are called with. */
async function type(host: Host, shell: string, load: string, ...lines: string[]): Promise<string[]> {
  const stubs = ["tproxy", "tproxy-setup"].map((name) => `${name}() { echo "called: $*"; }`);
  const input = [load, ...stubs, ...lines, "exit", ""].join("\n");
  const said = await typeAt(host, shell, input);
  return [...said.matchAll(/^called: (.*?)\s*$/gm)].map(([, args = ""]) => args);
}

const LINES = [
  "tproxy rel\t",
  "tproxy status --w\t",
  "tproxy permissions ou\t--ru\t",
  "tproxy check --as\t--config /etc/hostna\t",
  "tproxy help permi\t",
  "tproxy-setup ho\tcl\t",
  "tproxy-setup up --bridge oneb\t--unn\t",
];
const COMPLETED = [
  "reload",
  "status --wide",
  "permissions outer --running",
  "check --as-driver --config /etc/hostname",
  "help permissions",
  "hook clean",
  "up --bridge onebr7 --unnamed-network",
];

/** A host with a bridge. */
async function withBridge(): Promise<Host> {
  const host = await Host.create("typist");
  await host.ip("link add onebr7 type bridge", "link add oneb-0 type veth peer name oneb-1");
  // The machine's own shows the machine's devices.
  await host.text(["mount", "-t", "sysfs", "sysfs", "/sys"]);
  return host;
}

Deno.test("bash completes commands, options, their values, files and bridges", async () => {
  await using host = await withBridge();
  const load = `. ${DIST}/share/completions/bash/tproxy; . ${DIST}/share/completions/bash/tproxy-setup`;
  assert.deepEqual(await type(host, "bash --norc -i", load, ...LINES), COMPLETED);
  assert.deepEqual(await type(host, "bash --norc -i", load, "tproxy check --config=/etc/hostna\t"), [
    "check --config=/etc/hostname",
  ]);
});

Deno.test("zsh completes commands, options, their values, files and bridges", async () => {
  await using host = await withBridge();
  const load =
    `fpath=(${DIST}/share/completions/zsh $fpath); autoload -U compinit; compinit -uD; unsetopt zle_bracketed_paste`;
  assert.deepEqual(await type(host, "zsh -f -i", load, ...LINES), COMPLETED);
});
