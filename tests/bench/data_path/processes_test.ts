import assert from "node:assert/strict";
import { readOfEach } from "./processes.ts";

const LISTED = "    1 init\n   30 socat TCP4-LISTEN:8080,fork\n   31 socat TCP4-LISTEN:8080,fork\n";

/** A host on which a process ends each time that the processes have been listed, as long as there is one to end. */
function hostWith(ending: number[]): Parameters<typeof readOfEach>[0] & { readonly asked: string[] } {
  const ended = new Set<string>();
  const asked: string[] = [];
  return {
    asked,
    text: () => {
      const lines = LISTED.split("\n").filter((line) => !ended.has(line.slice(0, 5).trim()));
      const next = ending.shift();
      if (next !== undefined) ended.add(String(next));
      return Promise.resolve(lines.join("\n"));
    },
    run: ([, ...paths]) => {
      asked.push(paths.join(" "));
      const there = paths.filter((path) => !ended.has(path.split("/")[2] ?? ""));
      const stdout = there.map((path) => `${path} is read\n`).join("");
      return Promise.resolve({ code: there.length === paths.length ? 0 : 1, stdout, stderr: "" });
    },
  };
}

Deno.test("readOfEach() reads all again if a process has ended since they were listed", async () => {
  const host = hostWith([31]);
  assert.equal(await readOfEach(host, "stat", /^socat /), "/proc/30/stat is read\n");
  assert.deepEqual(host.asked, ["/proc/30/stat /proc/31/stat", "/proc/30/stat"]);
});

Deno.test("readOfEach() names the command line that no process has", async () => {
  await assert.rejects(readOfEach(hostWith([]), "stat", /^haproxy /), /No process matches \/\^haproxy /);
});
