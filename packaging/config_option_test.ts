import assert from "node:assert/strict";
import { configOf, outputOf, withAbsolutePaths } from "./config_option.ts";
import { DEFAULT_CONFIG_PATH, DEFAULT_SYSDUMP } from "../lib/paths.ts";

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

Deno.test("withAbsolutePaths() takes a relative path for one of the folder in which it was typed", () => {
  const cases: [string[], string[]][] = [
    [["up", "--config", "a.conf", "--bridge", "br0"], ["up", "--config", "/home/op/a.conf", "--bridge", "br0"]],
    [["up", "--config=../a b.conf"], ["up", "--config=/home/a b.conf"]],
    [["up", "--config", "/etc/a.conf", "--config=x"], ["up", "--config", "/etc/a.conf", "--config=/home/op/x"]],
    [["--config", "--config=x"], ["--config", "/home/op/--config=x"]],
    [["--config", "", "--config="], ["--config", "", "--config="]],
    [["up", "a.conf"], ["up", "a.conf"]],
    [["metrics", "--textfile", "a"], ["metrics", "--textfile", "/home/op/a"]],
    [["metrics", "--textfile=../a"], ["metrics", "--textfile=/home/a"]],
  ];
  for (const [args, absolute] of cases) assert.deepEqual(withAbsolutePaths(args, "/home/op"), absolute);
  assert.deepEqual(withAbsolutePaths(["--config", "a.conf"], undefined), ["--config", "a.conf"]);
});

Deno.test("outputOf() finds the file that sysdump writes and the folder of metrics, wherever the options are", () => {
  assert.equal(outputOf(["sysdump", "a.tar.gz"]), "a.tar.gz");
  assert.equal(outputOf(["sysdump", "--config", "/a.conf", "/b.tar.gz", "--anonymize"]), "/b.tar.gz");
  assert.equal(outputOf(["sysdump", "/b.tar.gz", "--config", "/a.conf"]), "/b.tar.gz");
  for (const args of [[], ["sysdump", ""], ["start", "a", "--textfile", "/x"]]) {
    assert.equal(outputOf(args), DEFAULT_SYSDUMP);
  }
  assert.equal(outputOf(["metrics", "--textfile", "/x"]), "/x");
  assert.equal(outputOf(["metrics", "--textfile=/x", "--config", "/a.conf"]), "/x");
  const args = withAbsolutePaths(["sysdump", "--config", "a.conf", "b.tar.gz"], "/home/me");
  assert.deepEqual(args, ["sysdump", "--config", "/home/me/a.conf", "/home/me/b.tar.gz"]);
});
