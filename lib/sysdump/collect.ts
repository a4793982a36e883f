/**
 * Collecting what a bug report needs: what our own commands say, what the kernel says, and the ends of the logs.
 * Everything is bounded, and what fails says so in its place.
 *
 * @module
 */

import { check } from "../commands/check.ts";
import { showPermissions } from "../commands/permissions.ts";
import { showStatus } from "../commands/status.ts";
import type { Answer } from "../commands/answer.ts";
import { forEachConcurrently } from "../daemon/concurrency.ts";
import { examine } from "../doctor/doctor.ts";
import { gather } from "../doctor/fact.ts";
import { TPROXY } from "../names.ts";
import { LOG_DIR, NETNS_DIR, RUN_DIR } from "../paths.ts";
import type { ProgramName } from "../programs.ts";
import { runCommand } from "../run_command.ts";
import { VERSION } from "../version.ts";
import type { TarFile } from "./tar.ts";
import { readEnd } from "./read_end.ts";

/** The most that one file may have, in characters; of a log it is the end. */
const LONGEST = 1024 * 1024;

/** How many namespaces, route files and logs there may be. */
const MOST = 100;

/** How long one thing may take, in milliseconds. The doctor tries services out. */
const LONGEST_MS = 60_000;

/** How many things are collected at a time. */
const AT_ONCE = 4;

type Source = readonly [path: string, work: () => Promise<string>];

/**
 * Collects everything.
 *
 * @param config The configuration file.
 * @returns The files.
 * @throws {never} What can't be had is a file that says why.
 */
export async function collect(config: string): Promise<TarFile[]> {
  const [namespaces, logs, files] = await Promise.all([
    namesIn(NETNS_DIR, (name) => name.startsWith(`${TPROXY}_`)),
    namesIn(LOG_DIR, (name) => /^one_tproxy(?:_[\w.-]+)?\.log$/.test(name)),
    namesIn(RUN_DIR, (name) => /^[\w.-]+\.json$/.test(name)),
  ]);
  const sources: Source[] = [
    ["version.txt", () => Promise.resolve(`one-tproxy ${VERSION}\nDeno ${Deno.version.deno}\n`)],
    ...both("doctor", () => examine({ config }, false)),
    ...both("status", () => showStatus(true)),
    ...both("check", () => check(config, true)),
    ...both("permissions", () => showPermissions({ running: true, config })),
    ...network("host", []),
    ...namespaces.flatMap((name) => network(name, ["-n", name])),
    command("kernel/bridge-link.txt", "bridge", ["-d", "link", "show"]),
    command("kernel/bridge-fdb.txt", "bridge", ["fdb", "show"]),
    command("kernel/bridge-vlan.txt", "bridge", ["vlan", "show"]),
    command("kernel/nft.txt", "nft", ["-a", "list", "ruleset"]),
    // Without arguments, which may hold secrets of other programs.
    command("kernel/ps.txt", "ps", ["-eo", "pid,ppid,user:20,group:20,netns,stat,etimes,time,rss,comm"]),
    ...files.map((name): Source => [`run/${name}`, () => readEnd(`${RUN_DIR}/${name}`, LONGEST)]),
    ...logs.map((name): Source => [`log/${name}`, () => readEnd(`${LOG_DIR}/${name}`, LONGEST)]),
  ];
  const texts = new Map<string, string>();
  await forEachConcurrently(AT_ONCE, sources, async ([path, work]) => {
    const fact = await gather(work, LONGEST_MS);
    texts.set(path, fact.known ? fact.value.slice(0, LONGEST) : `cannot be had: ${fact.why}\n`);
  });
  return sources.map(([path]) => ({ path, text: texts.get(path) ?? "" }));
}

/** What a command of ours says, for people and for scripts. */
function both(name: string, ask: () => Promise<Answer>): Source[] {
  let asked: Promise<Answer> | undefined;
  const once = () => asked ??= ask();
  return [
    [`${name}.txt`, async () => {
      const { text, notes, exitCode } = await once();
      return [text, ...notes, `exit code ${exitCode}`, ""].join("\n");
    }],
    [`${name}.json`, async () => `${(await once()).json}\n`],
  ];
}

/** What ip says of a network namespace. */
function network(name: string, options: readonly string[]): Source[] {
  return [
    command(`kernel/${name}-link.txt`, "ip", [...options, "-d", "-s", "link", "show"]),
    command(`kernel/${name}-address.txt`, "ip", [...options, "address", "show"]),
    command(`kernel/${name}-route.txt`, "ip", [...options, "route", "show", "table", "all"]),
    command(`kernel/${name}-neighbour.txt`, "ip", [...options, "neighbour", "show"]),
  ];
}

function command(path: string, program: ProgramName, args: readonly string[]): Source {
  return [path, () => runCommand(program, args)];
}

async function namesIn(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const fact = await gather(() => Array.fromAsync(Deno.readDir(folder)));
  const names = fact.known ? fact.value.map(({ name }) => name).filter(isWanted).toSorted() : [];
  return names.slice(0, MOST);
}
