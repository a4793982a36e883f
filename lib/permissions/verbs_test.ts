import assert from "node:assert/strict";
import { COMMAND_PROGRAMS, type CommandProgram, programOf, programsOf } from "./verbs.ts";

Deno.test("programOf() chooses by the verb, and lets look answer whatever is none or asks for help", () => {
  const cases: readonly (readonly [string, CommandProgram])[] = [
    ["start", "tproxy"],
    ["reload --config /a.conf", "tproxy"],
    ["restart --bogus", "tproxy"],
    ["watch", "watch"],
    ["apply --dry-run", "watch"],
    ["doctor --port 5030", "doctor"],
    ["sysdump --anonymize a.tar.gz", "sysdump"],
    ["status --json", "look"],
    ["streams --json", "streams"],
    ["top", "top"],
    ["kill 9f3a01c2-17", "kill"],
    ["logs --follow", "logs"],
    ["trace --guest 10.0.0.2", "trace"],
    ["metrics", "look"],
    ["metrics --textfile /x", "textfile"],
    ["metrics --textfile=/x", "textfile"],
    ["metrics --textfile /x --help", "look"],
    ["integrate --drop-in", "integrate"],
    ["status --textfile /x", "look"],
    ["start --help", "look"],
    ["apply -h", "look"],
    ["help start", "look"],
    ["strat", "look"],
    ["constructor", "look"],
    ["", "look"],
  ];
  for (const [line, program] of cases) {
    assert.equal(programOf("tproxy", line.split(" ")), program, line);
  }
  assert.equal(programOf("tproxy", []), "look");
});

Deno.test("programOf() lets updown change one bridge, deploy what also starts or ends proxies, and setup do all else", () => {
  const cases: readonly (readonly [string, CommandProgram])[] = [
    ["up --bridge br0 --network a", "updown"],
    ["up --bridge br0 --network a --now", "deploy"],
    ["down --now --bridge br0", "deploy"],
    ["down --bogus", "updown"],
    ["hook pre", "deploy"],
    ["hook clean --config /a.conf", "deploy"],
    ["up --now --help", "setup"],
    ["hook --help", "setup"],
    ["list --now", "setup"],
    ["release", "setup"],
  ];
  for (const [line, program] of cases) {
    assert.equal(programOf("setup", line.split(" ")), program, line);
  }
});

Deno.test("programsOf() names every program that runs as a command once", () => {
  assert.deepEqual([...programsOf("setup"), ...programsOf("tproxy")].toSorted(), COMMAND_PROGRAMS.toSorted());
});
