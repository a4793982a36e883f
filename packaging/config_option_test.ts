import assert from "node:assert/strict";
import { configOf, sysdumpOf, withAbsoluteConfig } from "./config_option.ts";
import { DEFAULT_CONFIG_PATH, DEFAULT_SYSDUMP } from "../lib/names.ts";

Deno.test("configOf() finds the last value of --config", () => {
  assert.equal(configOf(["up", "--bridge", "br0", "--config", "/a.conf"]), "/a.conf");
  assert.equal(configOf(["check", "--config=/a.conf", "--json"]), "/a.conf");
  assert.equal(configOf(["--config", "/a.conf", "--config=/b.conf"]), "/b.conf");
  assert.equal(configOf(["--config=/a.conf", "--config", "/b.conf"]), "/b.conf");
});

Deno.test("configOf() takes the default where no value is", () => {
  for (
    const args of [[], ["start"], ["check", "--config"], ["check", "--config="], ["/a.conf", "-config", "/b.conf"]]
  ) {
    assert.equal(configOf(args), DEFAULT_CONFIG_PATH, args.join(" "));
  }
});

Deno.test("withAbsoluteConfig() takes a relative path for one of the folder in which it was typed", () => {
  const cases: [string[], string[]][] = [
    [["up", "--config", "a.conf", "--bridge", "br0"], ["up", "--config", "/home/op/a.conf", "--bridge", "br0"]],
    [["up", "--config=../a b.conf"], ["up", "--config=/home/a b.conf"]],
    [["up", "--config", "/etc/a.conf", "--config=x"], ["up", "--config", "/etc/a.conf", "--config=/home/op/x"]],
    [["--config", "--config=x"], ["--config", "/home/op/--config=x"]],
    [["--config", "", "--config="], ["--config", "", "--config="]],
    [["up", "a.conf"], ["up", "a.conf"]],
  ];
  for (const [args, absolute] of cases) assert.deepEqual(withAbsoluteConfig(args, "/home/op"), absolute);
  assert.deepEqual(withAbsoluteConfig(["--config", "a.conf"], undefined), ["--config", "a.conf"]);
});

Deno.test("sysdumpOf() finds the file that sysdump writes, wherever the options are", () => {
  assert.equal(sysdumpOf(["sysdump", "a.tar.gz"]), "a.tar.gz");
  assert.equal(sysdumpOf(["sysdump", "--config", "/a.conf", "/b.tar.gz", "--anonymize"]), "/b.tar.gz");
  assert.equal(sysdumpOf(["sysdump", "/b.tar.gz", "--config", "/a.conf"]), "/b.tar.gz");
  for (const args of [[], ["sysdump", ""], ["start", "a"]]) assert.equal(sysdumpOf(args), DEFAULT_SYSDUMP);
  const args = withAbsoluteConfig(["sysdump", "--config", "a.conf", "b.tar.gz"], "/home/me");
  assert.deepEqual(args, ["sysdump", "--config", "/home/me/a.conf", "/home/me/b.tar.gz"]);
});
