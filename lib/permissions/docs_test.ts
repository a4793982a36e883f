/**
 * What is written about permissions elsewhere is what the tables in `lib/permissions/` say.
 *
 * @module
 */

import assert from "node:assert/strict";
import settings from "../../deno.json" with { type: "json" };
import security from "../../docs/security.md" with { type: "text" };
import { DEFAULT_CONFIG_PATH, DRIVERS_DIR } from "../names.ts";
import { commandPermissions } from "./command_permissions.ts";
import { innerPermissions, outerPermissions, probePermissions } from "./daemon_permissions.ts";
import { type Permissions, toFlags } from "./permissions.ts";
import { COMMAND_PROGRAMS, VERBS } from "./verbs.ts";
import { compiledFlags } from "./compiled.ts";
import { EXAMPLE_BRIDGE } from "../commands/permissions_report.ts";

const FORM = {
  reads: ["<runtime>", "<inner.js>", "<outer.js>"],
  installed: ["<mode>", DRIVERS_DIR],
  probed: ["<runtime>", "<probe.js>"],
};
const TABLE: Readonly<Record<string, Permissions>> = {
  inner: innerPermissions(EXAMPLE_BRIDGE),
  outer: outerPermissions(new Map([[EXAMPLE_BRIDGE, []]])),
  probe: probePermissions(["<address>:<port>"]),
  ...Object.fromEntries(
    COMMAND_PROGRAMS.map((program) => [program, commandPermissions(program, DEFAULT_CONFIG_PATH, FORM)]),
  ),
};

/** The rows of a table: program, user, kind and values, the first two of them only where they change. */
function readTable(at: number): Map<string, string[]> {
  const table = [...security.matchAll(/\n\| program.*\n\|[-| ]+\|\n((?:\|.*\n)+)/g)][at]?.[1] ?? "";
  const rows = new Map<string, string[]>();
  let program = "";
  for (const line of table.trim().split("\n")) {
    const [, first = "", , kind = "", values = ""] = line.split("|").map((cell) => cell.trim());
    program = first || program;
    rows.set(`${program} ${kind}`, [...values.matchAll(/`([^`]+)`/g)].map(([, value = ""]) => value));
  }
  return rows;
}

Deno.test("docs/security.md lists every permission of every program, and no other", () => {
  const wanted = Object.entries(TABLE).flatMap(([program, permissions]) =>
    Object.entries(permissions).filter(([, values]) => values.length > 0).map(([kind, values]) => {
      // Every host has other services for outer to dial.
      const all = `${program} ${kind}` === "outer net" ? [...values, "<remote_addr>:<remote_port>"] : values;
      // The document names eight files of one kind once.
      const once = new Set(all.map((value: string) => value.replace(/\.[0-7]\.(json|socket)$/, ".<n>.$1")));
      return [`${program} ${kind}`, [...once].toSorted()] as const;
    })
  );
  const listed = [...readTable(0)].map(([row, values]) => [row, values.toSorted()] as const);
  assert.deepEqual(new Map(listed), new Map(wanted));
});

Deno.test("docs/security.md lists which program carries out each verb", () => {
  const [, table = ""] = /\n\| verbs of `tproxy`.*\n\|[-| ]+\|\n((?:\|.*\n)+)/.exec(security) ?? [];
  const listed = table.trim().split("\n").flatMap((line) => {
    const [, verbs = "", program = ""] = line.split("|").map((cell) => cell.trim());
    return [...verbs.matchAll(/`([^`]+)`/g)].map(([, verb]) => [verb, program]);
  });
  assert.deepEqual(Object.fromEntries(listed), VERBS.tproxy);
});

Deno.test("docs/security.md lists what compiled daemons may do, and no more", () => {
  const rows = [...readTable(1)].map(([row, values]) => {
    const [program = "", kind = ""] = row.split(" ");
    return [program, values[0]?.startsWith("--") ? values.join() : `--allow-${kind}=${values.join()}`];
  });
  for (const entrypoint of ["inner", "outer", "probe"] as const) {
    const listed = rows.filter(([program]) => program === `tproxy-${entrypoint}`).map(([, flag]) => flag);
    const flags = compiledFlags(entrypoint).filter((flag) => flag.startsWith("--allow-"));
    assert.deepEqual(listed.toSorted(), flags.toSorted());
  }
});

Deno.test("compiled commands may do what the table says, and need not read the daemons' files or the drivers'", () => {
  for (const program of COMMAND_PROGRAMS) {
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
      "deno run --quiet --no-prompt --allow-run=$(deno eval -p 'Deno.execPath()') --allow-env=INIT_CWD " +
        `${
          name === "tproxy" ? "--allow-sys=uid " : ""
        }--allow-read=.build --allow-write=.build packaging/run_checkout.ts ${name}`,
    );
  }
});

Deno.test("no program's flags allow a whole kind, or a kind that the table does not have", () => {
  for (const flags of Object.values(TABLE).map(toFlags)) {
    assert.ok(flags.includes("--no-prompt"));
    for (const flag of flags) assert.match(flag, /^--(?:no-[a-z]+|allow-(?:net|read|write|run|env|sys)=.+)$/);
  }
});
