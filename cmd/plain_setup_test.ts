import assert from "node:assert/strict";
import fc from "fast-check";
import { parseSetup } from "./cli_setup.ts";
import { parsePlainSetup } from "./plain_setup.ts";

/** What a reading returns, or the message of what it throws. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return `${error}`;
  }
}

Deno.test("parsePlainSetup() reads what parseSetup() reads, in whatever order", () => {
  const options = [
    "--bridge br0",
    "--bridge=br0",
    "--network a b",
    "--network=a=b",
    "--network-id 007",
    "--network-id=x",
  ];
  const more = ["--config=/a", "--config /a", "--network ''", "--unnamed-network", "--now"];
  const all = [...options, ...more].map((option) => option.replace("''", "").split(/ (.*)/s).slice(0, 2));
  fc.assert(fc.property(fc.constantFrom("up", "down"), fc.shuffledSubarray(all), (verb, chosen) => {
    const args = [verb, ...chosen.flat()];
    const read = outcomeOf(() => parsePlainSetup(args));
    if (read !== undefined) assert.deepEqual(read, outcomeOf(() => parseSetup(args)), args.join(" "));
  }));
  const args = ["up", "--network-id", "7", "--network", "7", "--config", "/a.conf", "--bridge", "br0"];
  assert.deepEqual(parsePlainSetup(args), parseSetup(args));
  for (const line of ["down --bridge=br0", "hook pre", "hook clean --config /a.conf", "up --now --bridge br0"]) {
    assert.deepEqual(parsePlainSetup(line.split(" ")), parseSetup(line.split(" ")));
    assert.notEqual(parsePlainSetup(line.split(" ")), undefined);
  }
});

Deno.test("parsePlainSetup() leaves what is not plain to parseSetup()", () => {
  const lines = ["", "list", "up", "up --network v0", "up --brigde br0", "up --bridge", "up --bridge br0 --bridge br1"];
  const more = [
    "up br0",
    "up --bridge -x",
    "hook",
    "hook post",
    "hook pre --now",
    "hook pre --bridge br0",
    "down --now=x --bridge br0",
    "up --bridge br0 --config=",
  ];
  for (const line of [...lines, ...more, "up --bridge br0 --unnamed-network=x"]) {
    assert.equal(parsePlainSetup(line.split(" ")), undefined, line);
  }
});
