/**
 * Counts the processes that each task of ours starts, on another hypervisor, since counting slows the tasks down.
 *
 * @module
 */

import { type ProgramName, PROGRAMS } from "../../../lib/programs.ts";
import type { Host } from "../../lab/host.ts";

/** How many processes each program was started as, for example `{ ip: 6, nft: 2 }`. */
export type Processes = Readonly<Record<string, number>>;

const DIR = "/run/count";

/**
 * Counts the processes of each task once, in order, without those of what is to be done before. It leaves wrappers in the
 * place of the host's programs.
 */
export async function countProcesses<Task>(
  host: Host,
  tasks: ReadonlyMap<Task, () => Promise<unknown>>,
  before: (task: Task) => Promise<unknown> = () => Promise.resolve(),
): Promise<Map<Task, Processes>> {
  await wrapPrograms(host);
  const counts = new Map<Task, Processes>();
  for (const [task, work] of tasks) {
    await before(task);
    await host.write(`${DIR}/log`, "");
    await work();
    counts.set(task, parseLog(await host.text(["cat", `${DIR}/log`])));
  }
  return counts;
}

/** Puts a wrapper over each program, which records the process ID and the program's name. */
async function wrapPrograms(host: Host): Promise<void> {
  await host.text(["mkdir", DIR]);
  for (const name of Object.keys(PROGRAMS) as ProgramName[]) {
    const { path } = PROGRAMS[name];
    const wrapper = `${DIR}/${name}.sh`;
    await host.text(["cp", "--dereference", path, `${DIR}/${name}`]);
    await host.write(wrapper, `#!/bin/sh\necho "$$ ${name}" >>${DIR}/log\nexec ${DIR}/${name} "$@"\n`);
    await host.text(["chmod", "755", wrapper]);
    await host.text(["mount", "--bind", wrapper, path]);
  }
}

/** Counts a process by its first program, since "ip netns exec" replaces itself by another one. */
function parseLog(log: string): Processes {
  const lines = log.split("\n").filter(Boolean).map((line) => line.split(" "));
  const firsts = new Map(lines.toReversed().map(([pid = "", name = ""]) => [pid, name]));
  const byName = Object.entries(Object.groupBy(firsts.values(), (name) => name));
  return Object.fromEntries(byName.map(([name, all]) => [name, all?.length ?? 0]));
}
