/**
 * `up` and `down` end in the state that was asked for, whatever happened before. The number of random sequences follows
 * `--`: `deno task test tests/convergence_test.ts -- 1000`.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { inLab } from "./lab/scenario.ts";
import { DAMAGES, NOTHING, numberless, stateOf } from "./lab/state.ts";

const RUNS = Number(Deno.args[0] ?? 12);

const CONFIG = `:tproxy:
- { ":service_port": 80, ":remote_addr": 10.0.0.1, ":remote_port": 80 }
- { ":service_port": 81, ":remote_addr": 10.0.0.1, ":remote_port": 81, ":networks": [7] }
- { ":service_port": 81, ":remote_addr": 10.0.0.2, ":remote_port": 81, ":networks": [12] }
`;

type Step =
  | { do: "up" | "down"; bridge: string; network: string }
  | { do: "downAll"; bridge: string }
  | { do: "damage"; how: string };

const bridge = fc.constantFrom("br0", "br1");
const network = fc.constantFrom("7", "12");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("up", "down"), bridge, network }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("downAll" as const), bridge }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("damage" as const), how: fc.constantFrom(...Object.keys(DAMAGES)) }),
  },
);

/** Does a step, and notes in `wanted` what should be there, with networks in the order in which they came. */
async function take(hv: Hypervisor, step: Step, wanted: Map<string, Set<string>>): Promise<void> {
  if (step.do === "damage") {
    // There may be nothing to damage.
    for (const argv of DAMAGES[step.how] ?? []) await hv.host.run(argv);
    return;
  }
  const networks = wanted.get(step.bridge) ?? new Set();
  wanted.set(step.bridge, networks);
  if (step.do === "up") networks.add(step.network);
  else if (step.do === "down") networks.delete(step.network);
  else networks.clear();
  const which = step.do === "downAll" ? [] : ["--network-id", step.network];
  const { code, stderr } = await hv.setup(step.do === "up" ? "up" : "down", "--bridge", step.bridge, ...which);
  assert.equal(code, 0, `${JSON.stringify(step)}: ${stderr}`);
}

/** Repeats all that should be there. */
async function repeat(hv: Hypervisor, wanted: Map<string, Set<string>>): Promise<void> {
  for (const name of ["br0", "br1"]) {
    const networks = wanted.get(name) ?? new Set();
    if (networks.size === 0) await hv.down(name);
    for (const id of networks) await hv.up(name, `net${id}`, id);
  }
}

Deno.test(
  `${RUNS} random sequences of up, down and damage converge`,
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.configure(CONFIG);
    for (const name of ["br0", "br1"]) await hv.bridge(name);
    const sequences = fc.array(step, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sequences, async (steps) => {
        const wanted = new Map<string, Set<string>>();
        for (const step of steps) await take(hv, step, wanted);
        await repeat(hv, wanted);
        const reached = numberless(await stateOf(hv));
        for (const name of ["br0", "br1"]) await hv.down(name);
        assert.deepEqual(await stateOf(hv), NOTHING);
        await repeat(hv, wanted);
        assert.deepEqual(numberless(await stateOf(hv)), reached);
        for (const name of ["br0", "br1"]) await hv.down(name);
      }),
      { numRuns: RUNS },
    );
  }),
);
