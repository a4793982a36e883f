/**
 * The documents as people read them: in `less`, by following links, and by typing the commands.
 *
 * @module
 */

import assert from "node:assert/strict";
import { build } from "../cmd/cli.ts";
import { SETUP } from "../cmd/cli_setup.ts";
import { TPROXY } from "../cmd/cli_tproxy.ts";
import * as exitCodes from "../lib/exit_code.ts";
import { describeProgram, type ProgramPage } from "../packaging/manual/command_line.ts";

const ROOT = new URL("..", import.meta.url);
/** The longest page and the longest line. */
const LINES = 150;
const COLUMNS = 120;

/** All documents, by their paths in the repository. */
async function documents(): Promise<Map<string, string>> {
  const paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  for await (const { name } of Deno.readDir(new URL("docs", ROOT))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(new URL(path, ROOT))));
  return new Map(paths.map((path, at) => [path, texts[at] ?? ""]));
}

/** The text without its blocks of code. */
function proseOf(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "");
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(headings.map((heading) => heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")));
}

Deno.test("every page is at most 150 lines long, and no line is wider than 120 characters", async () => {
  const wrong: string[] = [];
  for (const [path, text] of await documents()) {
    const lines = text.trimEnd().split("\n");
    if (path.startsWith("docs/") && lines.length > LINES) wrong.push(`${path} has ${lines.length} lines`);
    for (const [at, line] of lines.entries()) {
      // A link or a command can't be broken, and stands in a line of its own then.
      const breakable = /\S\s+\S/.test(line.replace(/^\s*(?:[-|]\s)?/, ""));
      if ([...line].length > COLUMNS && breakable) wrong.push(`${path}:${at + 1} has ${[...line].length} characters`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every link leads to a file and a heading that are there", async () => {
  const all = await documents();
  const wrong: string[] = [];
  for (const [path, text] of all) {
    for (const [, link = ""] of proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : new URL(file, `file:///${path}`).pathname.slice(1);
      const there = all.get(target);
      const exists = there !== undefined || await Deno.stat(new URL(target, ROOT)).then(() => true, () => false);
      if (!exists || (anchor !== undefined && !anchorsOf(there ?? "").has(anchor))) wrong.push(`${path}: ${link}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every page can be reached from README.md", async () => {
  const all = await documents();
  const reached = new Set<string>();
  const follow = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const [, link = ""] of (all.get(path) ?? "").matchAll(/\]\(([^)\s#]+\.md)/g)) {
      follow(new URL(link, `file:///${path}`).pathname.slice(1));
    }
  };
  follow("README.md");
  assert.deepEqual([...all.keys()].filter((path) => path !== "CHANGELOG.md" && !reached.has(path)), []);
});

Deno.test("the list of exit codes has each one that a command can end with, and each has one meaning", async () => {
  const { ASK_ANOTHER: _ofLaunchers, exitCodeOf: _notOne, ...codes } = exitCodes;
  const text = await Deno.readTextFile(new URL("docs/commands.md", ROOT));
  const list = text.split("\n## Exit codes\n")[1] ?? "";
  const listed = [...list.matchAll(/^- (\d+): /gm)].map(([, code]) => Number(code));
  assert.deepEqual(listed, Object.values(codes).toSorted((a, b) => a - b));
  assert.equal(new Set(listed).size, listed.length);
});

/** What is wrong with a command of ours: a verb or an option that its program does not have. */
function problemOf(command: string, programs: readonly ProgramPage[]): string | undefined {
  const [name = "", ...words] = command.replace(/\s+#.*$/, "").split(/\s+/);
  const program = programs.find((one) => one.name === name.split("/").at(-1));
  if (program === undefined || words.length === 0) return undefined;
  const verb = program.verbs.find((one) => one.name === words[0]);
  const known = [...program.options, ...(verb?.options ?? [])].flatMap((option) => option.words);
  const first = words[0] ?? "";
  if (verb === undefined && !first.startsWith("-")) return `${name} has no verb ${first}`;
  const options = [...command.matchAll(/(?<=[\s[])--[a-z][a-z-]*/g)].map(([option]) => option);
  const strange = options.find((option) => !known.includes(option) && option !== "--help");
  return strange === undefined ? undefined : `${name} ${first} has no option ${strange}`;
}

Deno.test("every command in the documents is one that the programs have", async () => {
  const programs = [describeProgram("tproxy", build(TPROXY)), describeProgram("tproxy-setup", build(SETUP))];
  const wrong: string[] = [];
  let found = 0;
  for (const [path, text] of await documents()) {
    if (path === "CHANGELOG.md") continue;
    const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = ""]) => block.split("\n"));
    const spans = [...proseOf(text).replaceAll(/\s*\n\s*/g, " ").matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span);
    const printed = [...text.matchAll(/^\$ (.*)$/gm)].map(([, line = ""]) => line);
    for (const command of [...blocks, ...spans, ...printed]) {
      if (!/^(?:\S*\/)?tproxy(?:-setup)? [a-z-]/.test(command)) continue;
      found++;
      const problem = problemOf(command, programs);
      if (problem !== undefined) wrong.push(`${path}: ${command}: ${problem}`);
    }
  }
  assert.ok(found > 100, `only ${found} commands were found`);
  assert.deepEqual(wrong, []);
});
