/**
 * Building in another place than the checkout, at another time and with other settings.
 *
 * @module
 */

import type { Host } from "./host.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** What a distribution is made of. */
const SOURCES = [
  ...["cmd", "lib", "packaging", "tests/lab", "docs", "deno.json", "deno.lock", "mod.ts"],
  ...["LICENSE", "README.md", "CHANGELOG.md"],
];

/** Copies the sources, with other times than those of the checkout, to a folder that is made anew. */
export async function copySources(host: Host, place: string): Promise<void> {
  await host.text(["rm", "-rf", place]);
  await host.text(["mkdir", place]);
  await host.text(["env", `--chdir=${ROOT}`, "cp", "-r", "--parents", ...SOURCES, place]);
  await host.text(["find", place, "-exec", "touch", "-d", "2001-02-03", "{}", "+"]);
}

/** A command line that runs a task in such a folder, with another umask, time zone and locale. */
export function taskIn(place: string, task: string): string[] {
  const build = 'cd "$0" && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 exec "$@"';
  return ["sh", "-c", build, place, Deno.execPath(), "task", task];
}
