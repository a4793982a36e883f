/**
 * What is written about permissions elsewhere is what the tables in `lib/permissions/` say.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../../deno.json" with { type: "json" };
import distribution from "../../docs/distribution.md" with { type: "text" };
import listed from "../../docs/permissions.md" with { type: "text" };
import { FORM, PROGRAMS } from "../../packaging/pictures/programs.ts";
import { DEFAULT_CONFIG_PATH, DRIVERS_DIR } from "../paths.ts";
import { commandPermissions } from "./command_permissions.ts";
import { toFlags } from "./permissions.ts";
import { COMMAND_PROGRAMS, VERBS } from "./verbs.ts";
import { compiledFlags } from "./compiled.ts";

/** The items of a list in a document, whose lines may go on in further ones that are indented by more than the item. */
function itemsOf(document: string): string[] {
  return document.replaceAll(/\n +(?!-|\s)/g, " ").split("\n").filter((line) => /^ *- /.test(line));
}

/** What stands between backquotes. */
function quotedIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, value = ""]) => value);
}

/** The permissions that the document lists below each program, by program and kind. */
function readPermissions(): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  let programs: string[] = [];
  for (const item of itemsOf(listed)) {
    const [, names] = /^- (\*\*\w+\*\*(?: and \*\*\w+\*\*)?), /.exec(item) ?? [];
    if (names !== undefined) programs = names.replaceAll("*", "").split(" and ");
    const [, kind, values = ""] = /^ {2}- (\w+): (.*)/.exec(item) ?? [];
    if (kind !== undefined) {
      for (const program of programs) rows.set(`${program} ${kind}`, quotedIn(values).toSorted());
    }
  }
  return rows;
}

Deno.test("docs/permissions.md lists every permission of every program, and no other", () => {
  const wanted = Object.entries(PROGRAMS).flatMap(([program, permissions]) =>
    Object.entries(permissions).filter(([, values]) => values.length > 0).map(([kind, values]) => {
      // The document names eight files of one kind once.
      const once = new Set(values.map((value: string) => value.replace(/\.[0-7]\.(json|socket)$/, ".<n>.$1")));
      return [`${program} ${kind}`, [...once].toSorted()] as const;
    })
  );
  assert.deepEqual(readPermissions(), new Map(wanted));
});

Deno.test("docs/permissions.md lists which program carries out each verb", () => {
  const verbs = itemsOf(listed).flatMap((item) => {
    const [, program, names = ""] = /^- \*\*(\w+)\*\* \(([^)]*)\): /.exec(item) ?? [];
    // A verb with an option is the verb's other program.
    return quotedIn(names).filter((name) => !name.includes(" ")).map((verb) => [verb, program]);
  });
  assert.deepEqual(Object.fromEntries(verbs), VERBS.tproxy);
});

Deno.test("docs/distribution.md lists what compiled daemons may do, and no more", () => {
  const rows = itemsOf(distribution).flatMap((item) => {
    const [, program, kind, values = ""] = /^- (tproxy-\w+) (\w+): (.*) What still stops it: /.exec(item) ?? [];
    if (program === undefined) return [];
    const quoted = quotedIn(values);
    return [[program, quoted[0]?.startsWith("--") ? quoted.join() : `--allow-${kind}=${quoted.join()}`]];
  });
  for (const entrypoint of ["inner", "outer", "probe"] as const) {
    const written = rows.filter(([program]) => program === `tproxy-${entrypoint}`).map(([, flag]) => flag);
    const flags = compiledFlags(entrypoint).filter((flag) => flag.startsWith("--allow-"));
    assert.deepEqual(written.toSorted(), flags.toSorted());
  }
});

Deno.test("compiled commands may do what the table says, and need not read the daemons' files or the drivers'", () => {
  // Compiled programs are not installed, so `integrate` refuses whatever it is asked.
  for (const program of COMMAND_PROGRAMS.filter((name) => name !== "integrate")) {
    const permissions = commandPermissions(program, DEFAULT_CONFIG_PATH, FORM);
    const read = permissions.read.filter((path) => !path.startsWith("<") && path !== DRIVERS_DIR);
    assert.deepEqual(compiledFlags(program), toFlags({ ...permissions, read }));
  }
});

Deno.test("the tasks setup and tproxy give the launcher its own permissions, and the programs none", () => {
  for (const name of ["setup", "tproxy"] as const) {
    // The texts are compared word for word, so whoever adds a flag has to change this test.
    assert.equal(
      settings.tasks[name].command,
      "deno run --quiet --no-prompt --allow-run=$(deno eval -p 'Deno.execPath()') --allow-env=INIT_CWD --allow-sys=uid " +
        `--allow-read=.build --allow-write=.build packaging/run_checkout.ts ${name}`,
    );
  }
});

Deno.test("no program's flags allow a whole kind, or a kind that the table does not have", () => {
  for (const flags of Object.values(PROGRAMS).map(toFlags)) {
    assert.ok(flags.includes("--no-prompt"));
    for (const flag of flags) assert.match(flag, /^--(?:no-[a-z]+|allow-(?:net|read|write|run|env|sys)=.+)$/);
  }
});
