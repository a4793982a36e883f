import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { innerOf, OUTER } from "../role.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import { plan, type Wanted, type WantedDaemon } from "./daemon_plan.ts";

const [HOST, NETNS, OLD_NETNS] = [4026531840, 4026532100, 4026532050];
const BR0 = parseBridgeName("br0");

function wanted(overrides: Partial<WantedDaemon> = {}): WantedDaemon {
  const common = { netns: HOST, uid: 65534, groups: [], flags: ["--no-prompt"], changed: false };
  return { role: OUTER, ...common, ...overrides };
}

function running(pid: number, overrides: Partial<RunningDaemon> = {}): RunningDaemon {
  const common = {
    retire: "USR2",
    seconds: 1,
    state: "S",
    cpuSeconds: 0,
    netns: HOST,
    uid: 65534,
    gid: 1,
    groups: [],
    flags: "--no-prompt",
    draining: false,
  } as const;
  return { pid, role: OUTER, ...common, ...overrides };
}

const INNER = { role: innerOf(BR0), netns: NETNS } as const;

type Verb = Parameters<typeof plan>[0];

/** The planned steps for one daemon that should run. They name other daemons by their process IDs. */
interface Step {
  readonly wanted: WantedDaemon;
  readonly start: boolean;
  readonly endFirst: readonly number[];
  readonly reload: readonly number[];
  readonly retireFirst: readonly number[];
  readonly retire: readonly number[];
  readonly end: readonly number[];
}

const pids = (daemons: readonly RunningDaemon[]) => daemons.map(({ pid }) => pid);

/**
 * Plans for daemons, of which the first may be outer. The steps are in the order of the plan's parts.
 */
function planFor(verb: Verb, daemons: readonly WantedDaemon[], running: readonly RunningDaemon[], dead?: Set<number>) {
  const outer = daemons.find(({ role }) => role === OUTER);
  const wanted: Wanted = { outer, inners: daemons.filter((daemon) => daemon !== outer) };
  const { outer: first, inners, keeps, end } = plan(verb, wanted, running, dead);
  assert.ok(first === undefined || first.wanted === outer);
  const starts = [...(first === undefined ? [] : [first]), ...inners];
  const steps: Step[] = [
    ...starts.map(({ wanted, endFirst, retireFirst, retire, end }) => {
      const others = { endFirst: pids(endFirst), retireFirst: pids(retireFirst), retire: pids(retire), end: pids(end) };
      return { wanted, start: true, reload: [], ...others };
    }),
    ...keeps.map(({ wanted, daemon, reload, retire, end }) => {
      const others = { reload: reload ? [daemon.pid] : [], retire: pids(retire), end: pids(end) };
      return { wanted, start: false, endFirst: [], retireFirst: [], ...others };
    }),
  ];
  return { steps, end: pids(end) };
}

/** The step that a verb plans if one daemon should run. */
function stepOf(verb: Verb, daemon: WantedDaemon, ...daemons: RunningDaemon[]): Omit<Step, "wanted"> {
  const { steps, end } = planFor(verb, [daemon], daemons);
  assert.deepEqual(end, []);
  const [step] = steps;
  assert.ok(step !== undefined && steps.length === 1);
  const { wanted, ...rest } = step;
  assert.equal(wanted, daemon);
  return rest;
}

const NOTHING = { start: false, endFirst: [], reload: [], retireFirst: [], retire: [], end: [] };

Deno.test("plan() starts what is missing, whatever the verb, and keeps the order", () => {
  const daemons = [wanted(), wanted(INNER)];
  for (const verb of ["start", "reload", "restart"] as const) {
    assert.deepEqual(planFor(verb, daemons, []), {
      steps: daemons.map((wanted) => ({ ...NOTHING, wanted, start: true })),
      end: [],
    });
  }
});

Deno.test("plan() does with a daemon that is as it should be what the verb says", () => {
  const cases: [Verb, boolean, Partial<Step>][] = [
    ["start", false, {}],
    ["start", true, { reload: [7] }],
    ["reload", false, { reload: [7] }],
    ["reload", true, { reload: [7] }],
    ["restart", false, { start: true, retire: [7] }],
    ["restart", true, { start: true, retire: [7] }],
  ];
  for (const [verb, changed, step] of cases) {
    assert.deepEqual(stepOf(verb, wanted({ changed }), running(7)), { ...NOTHING, ...step }, `${verb} ${changed}`);
  }
});

Deno.test("plan() gives a daemon that is dead a successor, and no other", () => {
  const { steps } = planFor("start", [wanted(), wanted(INNER)], [running(7), running(8, INNER)], new Set([8]));
  assert.deepEqual(steps.map(({ start, retire }) => ({ start, retire })), [
    { start: true, retire: [8] },
    { start: false, retire: [] },
  ]);
});

Deno.test("plan() gives a daemon with other permissions, another user or other groups a successor", () => {
  const flags = "--no-prompt;--allow-net=10.0.0.1:80";
  // An inner of another user has to leave its ports first. Outer's sockets can pass from one user to another.
  const cases = [
    [{}, { flags }, { retire: [7] }],
    [INNER, { flags }, { retire: [7] }],
    [{}, { groups: [5] }, { retire: [7] }],
    [INNER, { groups: [5] }, { retire: [7] }],
    [{}, { uid: 0 }, { retire: [7] }],
    [INNER, { uid: 0 }, { retireFirst: [7] }],
  ] as const;
  for (const [daemon, overrides, what] of cases) {
    for (const verb of ["start", "reload"] as const) {
      const step = stepOf(verb, wanted({ ...daemon, changed: true }), running(7, { ...daemon, ...overrides }));
      assert.deepEqual(step, { ...NOTHING, start: true, ...what });
    }
  }
});

Deno.test("plan() minds neither the order of groups nor, where root is the user, which they are", () => {
  const kept = { ...NOTHING, reload: [] };
  assert.deepEqual(stepOf("start", wanted({ groups: [5, 6] }), running(7, { groups: [6, 5] })), kept);
  assert.deepEqual(stepOf("start", wanted({ uid: 0 }), running(7, { uid: 0, groups: [0, 5] })), kept);
});

Deno.test("plan() ends a daemon that is in a namespace of the past, and starts one in the present", () => {
  for (const verb of ["start", "reload", "restart"] as const) {
    const step = stepOf(verb, wanted(INNER), running(7, { ...INNER, netns: OLD_NETNS }));
    assert.deepEqual(step, { ...NOTHING, start: true, end: [7] });
  }
});

Deno.test("plan() keeps the younger one of two daemons and retires its twin", () => {
  assert.deepEqual(stepOf("start", wanted(), running(7), running(8)), { ...NOTHING, retire: [7] });
  assert.deepEqual(stepOf("start", wanted(), running(7), running(8, { seconds: 2 })), { ...NOTHING, retire: [8] });
  assert.deepEqual(stepOf("reload", wanted(), running(7), running(8)), { ...NOTHING, reload: [8], retire: [7] });
  assert.deepEqual(stepOf("restart", wanted(), running(7), running(8)), { ...NOTHING, start: true, retire: [7, 8] });
  const other = running(7, { flags: "" });
  assert.deepEqual(stepOf("start", wanted(), other, running(8)), { ...NOTHING, retire: [7] });
});

Deno.test("plan() does not count a daemon that drains, and leaves it alone", () => {
  const draining = running(7, { draining: true });
  for (const verb of ["start", "reload", "restart"] as const) {
    assert.deepEqual(stepOf(verb, wanted(), draining), { ...NOTHING, start: true });
    assert.deepEqual(planFor(verb, [], [draining]), { steps: [], end: [] });
  }
  assert.deepEqual(stepOf("reload", wanted(), draining, running(8)), { ...NOTHING, reload: [8] });
});

Deno.test("plan() ends what nobody wants any more", () => {
  for (const verb of ["start", "reload", "restart"] as const) {
    const { steps, end } = planFor(verb, [wanted()], [running(7), running(8, INNER)]);
    assert.deepEqual([steps.length, end], [1, [8]]);
    assert.deepEqual(planFor(verb, [], [running(7), running(8, INNER)]).end, [7, 8]);
  }
});

Deno.test("plan() changes nothing once what it said has been done", () => {
  const daemons = [wanted(), wanted(INNER)];
  const now = [running(7), running(8, INNER), running(9, { ...INNER, draining: true })];
  assert.deepEqual(planFor("start", daemons, now), {
    steps: daemons.map((wanted) => ({ ...NOTHING, wanted })),
    end: [],
  });
});

Deno.test("plan() ends the oldest that drain before there would be more than eight of one title", () => {
  // The highest number is not always the youngest: numbers begin anew.
  const draining = Array.from({ length: 7 }, (_, i) => running(30 - i, { draining: true, seconds: 100 + i }));
  const others = draining.map((daemon) => ({ ...daemon, ...INNER }));
  const restart = (...daemons: RunningDaemon[]) => stepOf("restart", wanted(), ...daemons, ...others);
  assert.deepEqual(restart(...draining), { ...NOTHING, start: true });
  assert.deepEqual(restart(...draining, running(7)), { ...NOTHING, start: true, endFirst: [24], retire: [7] });
  const more = [...draining, ...draining.map((daemon) => ({ ...daemon, pid: daemon.pid + 10, seconds: 50 }))];
  assert.deepEqual(restart(...more).endFirst, [24, 25, 26, 27, 28, 29, 30]);
  assert.deepEqual(stepOf("start", wanted(), ...draining, running(7)), NOTHING);
  // A daemon that serves is retired, and never ended.
  const serving = Array.from({ length: 9 }, (_, i) => running(i + 1));
  assert.deepEqual(restart(...serving).endFirst, []);
});

Deno.test("plan() takes time in proportion to the daemons, not to their square", () => {
  const roles = Array.from({ length: 200 }, (_, i) => innerOf(parseBridgeName(`br${i}`)));
  let looks = 0;
  const daemons = roles.map((role, i) => ({
    ...running(i + 1, { netns: NETNS }),
    get role() {
      looks++;
      return role;
    },
  }));
  const inners = roles.map((role) => wanted({ role, netns: NETNS }));
  assert.equal(plan("start", { outer: undefined, inners }, daemons).keeps.length, 200);
  assert.ok(looks <= 5 * daemons.length, `${looks} looks at the roles of ${daemons.length} daemons`);
});
