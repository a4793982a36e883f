/**
 * `docs/tour.md` as people read it: each command prints what stands below it.
 *
 * @module
 */

import assert from "node:assert/strict";
import tour from "../docs/tour.md" with { type: "text" };
import { type Result, until } from "../packaging/command.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { inLab, makeScenario, type Scenario } from "./lab/scenario.ts";

/** A block of the page: a configuration to write, or a command of the hypervisor or of the guest with its output. */
interface Step {
  readonly kind: "yaml" | "$" | "guest$";
  readonly text: string;
  /** What the page shows; `…` stands for any text, in a line of its own for any lines. */
  readonly output: string;
}

function stepsOf(page: string): Step[] {
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].flatMap(([, language, block = ""]): Step[] => {
    if (language === "yaml") return [{ kind: "yaml", text: block, output: "" }];
    const commands = block.split(/^(?=(?:guest)?\$ )/m);
    return commands.map((command) => {
      const [first = "", ...output] = command.split("\n");
      const [, prompt, text = ""] = /^((?:guest)?\$) (.*)$/.exec(first) ?? [];
      assert.ok(prompt === "$" || prompt === "guest$", `a block of the tour begins with ${first}`);
      return { kind: prompt, text, output: output.join("\n") };
    });
  });
}

/** Text without what differs from run to run: numbers, identifiers, and how wide that makes a column. */
function stable(output: string): string {
  const lines = output.trimEnd().split("\n");
  return lines.map((line) =>
    line.replaceAll(/\b[0-9a-f]{8}-\d+/g, "ID").replaceAll(/\d[\d.,:TZ-]*(?:ms|[smhKMG])?\b/g, "N")
      .replaceAll(/\bNZ\b/g, "N").replaceAll(/\s+/g, " ").trimEnd()
  ).join("\n");
}

/** A pattern for an output in which `…` stands for any text. */
function patternOf(output: string): RegExp {
  const escaped = stable(output).split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join("[^]*?")}$`);
}

async function perform({ hv, guest }: Scenario, { kind, text }: Step): Promise<Result | undefined> {
  if (kind === "yaml") {
    await hv.configure(text);
    return;
  }
  const [program = "", ...args] = text.replace(/ &$/, "").split(/\s+/);
  if (kind === "guest$" && text.endsWith(" &")) {
    guest.start([program, ...args]);
    await until("the stream is open", async () => (await hv.tproxy("streams")).stdout.includes(" open"));
    return;
  }
  if (kind === "guest$") return await guest.run([program, ...args]);
  if (program === "tproxy") return await hv.tproxy(...args);
  if (program === "tproxy-setup") return await hv.setup(...args);
  return await hv.host.run([program, ...args]);
}

Deno.test(
  "each command of the tour prints what the page shows",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const scenario = await makeScenario(lab);
    await scenario.gate.text(["truncate", "--size=1G", "/run/nginx-5030/files/image"]);
    const wrong: string[] = [];
    for (const step of stepsOf(tour)) {
      const result = await perform(scenario, step);
      if (result === undefined) continue;
      const printed = result.stdout + result.stderr;
      if (patternOf(step.output).test(stable(printed))) continue;
      wrong.push(`$ ${step.text}\n${printed}\ninstead of\n${step.output}`);
    }
    assert.deepEqual(wrong, []);
  }),
);
