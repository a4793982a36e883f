/**
 * The workflow file, which can't be run here: it is YAML, and the tasks, tests and programs in it are there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parse } from "yaml";
import ci from "../.ci/run" with { type: "text" };
import workflow from "../.github/workflows/ci.yml" with { type: "text" };
import settings from "../deno.json" with { type: "json" };
import readme from "../README.md" with { type: "text" };
import ofCompiled from "../tests/compile_test.ts" with { type: "text" };

/** The part of a workflow that counts here. */
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
}

Deno.test("the workflow runs .ci/run everywhere and the compiled programs' tests, by tasks and files that are there", () => {
  const { jobs }: Workflow = parse(workflow);
  const commandsOf = (job: string) => jobs[job]?.steps.flatMap(({ run }) => run ?? []) ?? [];
  assert.match(ci, /^#!/);
  assert.ok(commandsOf("debian").includes(".ci/run"));
  assert.ok(commandsOf("ubuntu").includes("sudo .ci/run"));
  const deno = `sudo npx -y ${/deno@[\d.]+/.exec(readme)?.[0]} task`;
  const compiled = commandsOf("compiled").filter((command) => command.includes("deno"));
  assert.deepEqual(compiled, [`${deno} compile`, `${deno} test tests/compile_test.ts`]);
  for (const task of ["compile", "test"]) assert.ok(Object.hasOwn(settings.tasks, task));
  assert.match(ofCompiled, /^Deno\.test\(/m);
});
