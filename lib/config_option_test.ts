import assert from "node:assert/strict";
import { configOf } from "./config_option.ts";
import { DEFAULT_CONFIG_PATH } from "./names.ts";

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
