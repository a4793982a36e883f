/**
 * How many processes each task of ours starts: counted on a hypervisor of its own, since counting takes time.
 *
 * @module
 */

import { type ProgramName, PROGRAMS } from "../../../lib/programs.ts";
import type { Host } from "../../lab/host.ts";

/** How many processes each program was started as, for example `{ ip: 6, nft: 2 }`. */
export type Processes = Readonly<Record<string, number>>;

const DIR = "/run/count";

/** Counts the processes of each task, once, in the tasks' order. The host's programs are not the same afterwards. */
export async function countProcesses<Task>(
  host: Host,
  tasks: ReadonlyMap<Task, () => Promise<unknown>>,
): Promise<Map<Task, Processes>> {
  await wrapPrograms(host);
  const counts = new Map<Task, Processes>();
  for (const [task, work] of tasks) {
    await host.write(`${DIR}/log`, "");
    await work();
    counts.set(task, parseLog(await host.text(["cat", `${DIR}/log`])));
  }
  return counts;
}

/** Puts a wrapper over each program that leaves its process ID and its name. */
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

/** A process counts for the program it was first: "ip netns exec" becomes what it executes. */
function parseLog(log: string): Processes {
  const lines = log.split("\n").filter(Boolean).map((line) => line.split(" "));
  const firsts = new Map(lines.toReversed().map(([pid = "", name = ""]) => [pid, name]));
  const byName = Object.entries(Object.groupBy(firsts.values(), (name) => name));
  return Object.fromEntries(byName.map(([name, all]) => [name, all?.length ?? 0]));
}
