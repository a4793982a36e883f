import assert from "node:assert/strict";
import { describe } from "../errors.ts";
import { describeProblems } from "./config.ts";
import { parseConfig } from "./parse.ts";

Deno.test("parseConfig() shows nothing of a file that is none of ours, whatever is wrong with it", () => {
  const secret = "5eCret";
  const files = [
    `db.example:5432:one:root:${secret}\n`,
    `${secret}\n`,
    `root:$y$j9T$${secret}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n`,
    `-----BEGIN ${secret} KEY-----\n${secret}==\n-----END KEY-----\n`,
    `- ${secret}\n`,
    `user: root\npassword: ${secret}\nproxy: http://root:${secret}@proxy.example/\n`,
    `[client]\npassword=${secret}\n`,
    `*${secret}\n`,
    `&${secret}\n`,
  ];
  // Each place where YAML may stumble over it.
  const marks = [
    ..."-?:,[]{}#&*!|>'\"%@`\\/ \t\n",
    "a: ",
    "- ",
    '"\\',
    "!<",
    "!x!",
    "%YAML ",
    "%TAG ",
    "---\n",
    "...\n",
  ];
  for (const a of ["", ...marks]) {
    for (const b of ["", ...marks]) {
      for (const c of ["", ...marks]) files.push(`${a}${b}${secret}${c}\n`, `${a}${secret}${b} ${secret}${c}`);
    }
  }
  for (const text of files) {
    let said: string;
    try {
      said = describeProblems(parseConfig(text, "a.conf")).join("\n");
    } catch (error) {
      said = describe(error);
    }
    // An escape sequence is of a few letters.
    assert.ok(!/5eC|Cret/.test(said), `${JSON.stringify(text)}: ${said}`);
  }
});
