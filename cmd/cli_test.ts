import assert from "node:assert/strict";
import process from "node:process";
import { parseSetup } from "./cli_setup.ts";
import { parseTproxy } from "./cli_tproxy.ts";
import { parseControl } from "./plain_arguments.ts";
import { InputError } from "../lib/errors.ts";
import { OK, USAGE } from "../lib/exit_code.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import { VERBS } from "../lib/permissions/verbs.ts";
import { VERSION } from "../lib/version.ts";

/** Runs something with standard output and error caught. */
function quietly<T>(work: () => T): { result: T; stdout: string; stderr: string } {
  const said = { stdout: "", stderr: "" };
  const original = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of ["stdout", "stderr"] as const) {
    process[name].write = (text: string | Uint8Array) => {
      said[name] += text;
      return true;
    };
  }
  try {
    return { result: work(), ...said };
  } finally {
    process.stdout.write = original.stdout;
    process.stderr.write = original.stderr;
  }
}

Deno.test("parseTproxy() knows its verbs", () => {
  for (const verb of ["start", "stop", "restart", "reload", "watch"]) {
    assert.deepEqual(parseTproxy([verb]), { verb, config: DEFAULT_CONFIG_PATH });
    assert.deepEqual(parseTproxy([verb, "--config", "/a.conf"]), { verb, config: "/a.conf" });
  }
  assert.deepEqual(parseTproxy(["status"]), { verb: "status", form: "plain" });
  for (const json of [true, false]) {
    assert.deepEqual(parseTproxy(["top", ...json ? ["--json"] : []]), { verb: "top", json });
  }
  for (const form of ["wide", "json"]) assert.deepEqual(parseTproxy(["status", `--${form}`]), { verb: "status", form });
});

Deno.test("parseTproxy() reads which file to check, and for whom the answer is", () => {
  const config = "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf";
  const check = { verb: "check", asDriver: false, config, json: false };
  assert.deepEqual(parseTproxy(["check"]), check);
  assert.deepEqual(parseTproxy(["check", "--as-driver"]), { ...check, asDriver: true });
  assert.deepEqual(parseTproxy(["check", "--config", "/a.conf"]), { ...check, config: "/a.conf" });
  assert.deepEqual(parseTproxy(["check", "--json", "--config=/a.conf"]), { ...check, config: "/a.conf", json: true });
});

Deno.test("parseTproxy() reads whose permissions to print, and whether of what runs", () => {
  const permissions = { verb: "permissions", running: false, json: false, config: DEFAULT_CONFIG_PATH };
  assert.deepEqual(parseTproxy(["permissions"]), permissions);
  for (
    const entrypoint of ["setup", "deploy", "tproxy", "watch", "streams", "kill", "textfile", "look", "outer", "inner"]
  ) {
    assert.deepEqual(parseTproxy(["permissions", entrypoint]), { ...permissions, entrypoint });
  }
  const running = { ...permissions, running: true };
  assert.deepEqual(parseTproxy(["permissions", "--running"]), running);
  assert.deepEqual(parseTproxy(["permissions", "--running", "outer", "--json"]), {
    ...running,
    entrypoint: "outer",
    json: true,
  });
});

Deno.test("parseTproxy() answers a mistake with usage on standard error", () => {
  const cases: [string[], RegExp][] = [
    [[], /^Usage: tproxy /],
    [["strat"], /unknown command 'strat'\n\(Did you mean start\?\)/],
    [["--force"], /unknown option '--force'/],
    [["start", "--force"], /unknown option '--force'/],
    [["start", "br0"], /too many arguments/],
    [["stat"], /^error: unknown command 'stat'\n\(Did you mean status\?\)\n/],
    [["st"], /unknown command 'st'\n\(Did you mean one of start, stop, status, streams\?\)/],
    [["-x"], /unknown option '-x'/],
    [["help", "strat"], /Usage: tproxy/],
    [["status", "--wide", "--json"], /option '--wide' cannot be used with option '--json'/],
    [
      ["permissions", "iner"],
      /'iner' is invalid.* choices are updown, setup, deploy, reread, tproxy, watch,\s+doctor, sysdump, streams, top, kill, logs,\s+trace, integrate, textfile, look, outer,\s+inner, probe\./,
    ],
    [["permissions", "setup", "--running"], /setup is no proxy; name "outer" or "inner" with --running/],
  ];
  for (const [args, message] of cases) {
    const { result, stdout, stderr } = quietly(() => parseTproxy(args));
    assert.deepEqual(result, { verb: "done", exitCode: USAGE });
    assert.match(stderr, message);
    assert.match(stderr, /Usage: tproxy/);
    assert.equal(stdout, "");
  }
});

Deno.test("parseTproxy() prints help that names every verb on standard output", () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const { result, stdout, stderr } = quietly(() => parseTproxy(args));
    assert.deepEqual(result, { verb: "done", exitCode: OK });
    for (const verb of Object.keys(VERBS.tproxy)) {
      assert.match(stdout, new RegExp(`^ +${verb} `, "m"));
    }
    assert.equal(stderr, "");
  }
});

Deno.test("parseTproxy() and parseSetup() print the version, and the help of one command", () => {
  for (const parse of [parseTproxy, parseSetup]) {
    const { result, stdout, stderr } = quietly(() => parse(["--version"]));
    assert.deepEqual([result, stdout, stderr], [{ verb: "done", exitCode: OK }, `one-tproxy ${VERSION}\n`, ""]);
  }
  const { result, stdout } = quietly(() => parseSetup(["help", "up"]));
  assert.deepEqual(result, { verb: "done", exitCode: OK });
  assert.match(stdout, /^Usage: tproxy-setup up /);
});

Deno.test("parseSetup() reads a bridge and a network by name, by ID or by both", () => {
  const up = { verb: "up", bridge: "br0", config: "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf", now: false };
  assert.deepEqual(parseSetup(["up", "--bridge", "br0", "--network", "v0"]), { ...up, network: { name: "v0" } });
  assert.deepEqual(parseSetup(["up", "--bridge=br0", "--network-id=7"]), { ...up, network: { id: "7" } });
  assert.deepEqual(
    parseSetup(["up", "--network-id", "7", "--network", "7", "--config", "/a.conf", "--bridge", "br0"]),
    { ...up, network: { name: "7", id: "7" }, config: "/a.conf" },
  );
  const now = parseSetup(["up", "--bridge", "br0", "--network", "v0", "--now"]);
  assert.deepEqual(now, { ...up, network: { name: "v0" }, now: true });
});

Deno.test("parseSetup() needs no network for those that are recorded, and lists them", () => {
  const up = { verb: "up", bridge: "br0", config: DEFAULT_CONFIG_PATH, now: false };
  assert.deepEqual(parseSetup(["up", "--bridge", "br0"]), up);
  assert.deepEqual(parseSetup(["list"]), { verb: "list", json: false });
  assert.deepEqual(parseSetup(["list", "--json"]), { verb: "list", json: true });
});

Deno.test("parseSetup() takes a network that has neither name nor ID only if that is said", () => {
  for (const verb of ["up", "down"]) {
    const command = parseSetup([verb, "--bridge", "br0", "--unnamed-network"]);
    assert.deepEqual("network" in command && command.network, { name: "" });
    for (const named of [["--network", "v0"], ["--network-id", "7"], ["--network", ""]]) {
      assert.throws(() => parseSetup([verb, "--bridge", "br0", "--unnamed-network", ...named]), InputError);
    }
    assert.throws(
      () => parseSetup([verb, "--bridge", "br0", "--network", ""]),
      /^InputError: "" is not a network name$/,
    );
  }
});

Deno.test("parseSetup() writes a network ID as OpenNebula does", () => {
  const command = parseSetup(["up", "--bridge", "br0", "--network-id", "007"]);
  assert.deepEqual(command.verb === "up" && command.network, { id: "7" });
});

Deno.test("parseSetup() needs no more than the bridge to take it down", () => {
  const down = { verb: "down", bridge: "br0", config: DEFAULT_CONFIG_PATH, now: false };
  assert.deepEqual(parseSetup(["down", "--bridge", "br0"]), down);
  assert.deepEqual(parseSetup(["down", "--now", "--bridge=br0"]), { ...down, now: true });
});

Deno.test("parseSetup() releases all bridges, and no single one", () => {
  assert.deepEqual(parseSetup(["release"]), { verb: "release" });
  const { result } = quietly(() => parseSetup(["release", "--bridge", "br0"]));
  assert.deepEqual(result, { verb: "done", exitCode: USAGE });
});

Deno.test("parseSetup() takes the one network that is to go", () => {
  const network = { name: "v0", id: "7" };
  const args = ["down", "--bridge", "br0", "--network", "v0", "--network-id", "7"];
  assert.deepEqual(parseSetup(args), { verb: "down", bridge: "br0", network, config: DEFAULT_CONFIG_PATH, now: false });
});

Deno.test("parseSetup() knows the two hooks", () => {
  const hook = { verb: "hook", config: "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf" };
  assert.deepEqual(parseSetup(["hook", "pre"]), { ...hook, action: "pre" });
  assert.deepEqual(parseSetup(["hook", "clean"]), { ...hook, action: "clean" });
  assert.deepEqual(parseSetup(["hook", "pre", "--config", "/a.conf"]), { ...hook, action: "pre", config: "/a.conf" });
});

Deno.test("parseSetup() answers a hook that there is not with usage", () => {
  for (
    const args of [["hook"], ["hook", "pree"], ["hook", "post"], ["hook", "hv1", "clean"], [
      "hook",
      "pre",
      "--bridge",
      "br0",
    ]]
  ) {
    const { result, stderr } = quietly(() => parseSetup(args));
    assert.deepEqual(result, { verb: "done", exitCode: USAGE });
    assert.match(stderr, /Usage: tproxy-setup hook /);
  }
});

Deno.test("parseSetup() names what is missing or wrong", () => {
  const cases: [string[], RegExp][] = [
    [["up", "--bridge", "a/b", "--network", "v0"], /^"a\/b" is not a bridge name$/],
    [["down", "--bridge", ""], /^"" is not a bridge name$/],
    [["down", "--bridge", "abcdefghijklmnop"], /is not a bridge name$/],
    [["up", "--bridge", "br0", "--network-id", "v0"], /^"v0" is not a network ID$/],
    [["up", "--bridge", "br0", "--network-id", "-1"], /^"-1" is not a network ID$/],
    [["up", "--bridge", "br0", "--network-id", ""], /^"" is not a network ID$/],
  ];
  for (const [args, message] of cases) {
    assert.throws(
      () => parseSetup(args),
      (error) => error instanceof InputError && message.test(error.message),
      `${args}`,
    );
  }
});

Deno.test("parseSetup() answers an unknown verb or flag, or a flag without its value, with usage", () => {
  const mistakes = [[], ["upp"], ["up", "--brigde", "br0"], ["down", "--config", "x"], ["up", "--bridge"], ["down"]];
  for (const args of [...mistakes, ["up", "--network", "v0"]]) {
    const { result, stderr } = quietly(() => parseSetup(args));
    assert.deepEqual(result, { verb: "done", exitCode: USAGE });
    assert.match(stderr, /Usage: tproxy-setup/);
  }
});

Deno.test("parseSetup() prints the help of a verb on standard output", () => {
  const { result, stdout } = quietly(() => parseSetup(["up", "--help"]));
  assert.deepEqual(result, { verb: "done", exitCode: OK });
  for (const flag of ["--bridge", "--network", "--network-id", "--config"]) assert.match(stdout, new RegExp(flag));
});

Deno.test("parseTproxy() reads what doctor is to look at, and refuses what is no address and no port", () => {
  const doctor = { verb: "doctor", json: false, config: DEFAULT_CONFIG_PATH };
  assert.deepEqual(parseTproxy(["doctor"]), doctor);
  const args = ["doctor", "--bridge", "br0", "--guest", "10.0.0.2", "--port", "5030", "--json", "--config", "/a.conf"];
  const asked = { ...doctor, bridge: "br0", guest: "10.0.0.2", port: 5030, json: true, config: "/a.conf" };
  assert.deepEqual(parseTproxy(args), asked);
  for (const args of [["--guest", "10.0.0"], ["--port", "0"], ["--port", "65536"], ["--port", "x"]]) {
    const { result, stderr } = quietly(() => parseTproxy(["doctor", ...args]));
    assert.deepEqual(result, { verb: "done", exitCode: USAGE });
    assert.match(stderr, /^error: ".*" is not (?:an IPv4 address|a TCP port)/);
  }
  assert.match(quietly(() => parseTproxy(["doctor", "--help"])).stdout, /Example: .*\n +tproxy doctor --guest/);
  assert.throws(() => parseTproxy(["doctor", "--bridge", "a/b"]), InputError);
});

Deno.test("parseTproxy() reads how to apply the configuration", () => {
  const apply = { verb: "apply", dryRun: false, yes: false, json: false, config: DEFAULT_CONFIG_PATH };
  assert.deepEqual(parseTproxy(["apply"]), apply);
  assert.deepEqual(parseTproxy(["apply", "--dry-run", "--yes", "--json", "--config", "/a.conf"]), {
    ...{ verb: "apply", dryRun: true, yes: true, json: true, config: "/a.conf" },
  });
});

Deno.test("parseControl() reads what parseTproxy() reads, and the last of several files", () => {
  for (const verb of ["start", "stop", "restart", "reload"]) {
    for (const options of [[], ["--config", "/a.conf"], ["--config=/a.conf"], ["--config=/b", "--config", "/a"]]) {
      assert.deepEqual(parseControl([verb, ...options]), parseTproxy([verb, ...options]));
    }
  }
});

Deno.test("parseControl() names a mistake, and what to type", () => {
  const cases: [string[], string][] = [
    [["status"], "error: unknown command 'status'\n\nUsage: tproxy start|stop|restart|reload [--config <file>]"],
    [["start", "--force"], "error: unknown option '--force'\n\nUsage: tproxy start [--config <file>]"],
    [["stop", "--configs=/a"], "error: unknown option '--configs=/a'\n\nUsage: tproxy stop [--config <file>]"],
    [["reload", "br0"], "error: too many arguments\n\nUsage: tproxy reload [--config <file>]"],
    [["reload", "--config"], "error: --config needs a file\n\nUsage: tproxy reload [--config <file>]"],
    [["reload", "--config="], "error: --config needs a file\n\nUsage: tproxy reload [--config <file>]"],
  ];
  for (const [args, text] of cases) assert.deepEqual(parseControl(args), { verb: "mistake", text });
});

Deno.test("parseTproxy() reads which streams are meant", () => {
  assert.deepEqual(parseTproxy(["streams"]), { verb: "streams", which: {}, json: false });
  const args = ["streams", "--bridge", "br0", "--guest", "192.168.150.10", "--service", "5030", "--json"];
  const which = { bridge: "br0", guest: "192.168.150.10", servicePort: 5030 };
  assert.deepEqual(parseTproxy(args), { verb: "streams", which, json: true });
  const ids = ["9f3a01c2-17", "00000000-1"];
  assert.deepEqual(parseTproxy(["kill", ...ids]), { verb: "kill", target: { streams: ids }, json: false });
  const guest = "192.168.150.10";
  assert.deepEqual(parseTproxy(["kill", "--guest", guest]), { verb: "kill", target: { guest }, json: false });
});

Deno.test("parseTproxy() ends no stream if it is not clear which", () => {
  const mistakes = [["kill"], ["kill", "9f3a01c2-17", "--guest", "192.168.150.10"], ["kill", "--guest", "guest1"]];
  for (const args of [...mistakes, ["streams", "--service", "65536"], ["streams", "--guest", "10.0.0"]]) {
    assert.deepEqual(quietly(() => parseTproxy(args)).result, { verb: "done", exitCode: USAGE }, args.join(" "));
  }
  for (const args of [["kill", "9f3a01c2"], ["kill", "*"], ["streams", "--bridge", "a/b"]]) {
    assert.throws(() => parseTproxy(args), InputError);
  }
});

Deno.test("parseTproxy() reads which lines of the logs are meant", () => {
  const nothing = { verb: "logs", filter: {}, follow: false, json: false };
  assert.deepEqual(parseTproxy(["logs"]), nothing);
  const which = ["--bridge", "br0", "--guest", "10.0.0.2", "--port", "80", "--stream", "9f3a01c2-17"];
  const filter = { bridge: "br0", guest: "10.0.0.2", servicePort: 80, stream: "9f3a01c2-17", since: 1_764_226_680_000 };
  assert.deepEqual(parseTproxy(["logs", ...which, "--since", "2025-11-27T06:58", "--follow", "--json"]), {
    ...nothing,
    ...{ filter, follow: true, json: true },
  });
  for (const args of [["--guest", "guest1"], ["--port", "0"], ["--stream", "17"]]) {
    assert.deepEqual(quietly(() => parseTproxy(["logs", ...args])).result, { verb: "done", exitCode: USAGE });
  }
});

Deno.test("parseTproxy() traces one guest for a time", () => {
  const trace = { verb: "trace", guest: "10.0.0.2", seconds: 60, json: false };
  assert.deepEqual(parseTproxy(["trace", "--guest", "10.0.0.2"]), trace);
  assert.deepEqual(parseTproxy(["trace", "--guest", "10.0.0.2", "--seconds", "5"]), { ...trace, seconds: 5 });
  for (const args of [[], ["--guest", "x"], ["--guest", "10.0.0.2", "--seconds", "3601"]]) {
    assert.deepEqual(quietly(() => parseTproxy(["trace", ...args])).result, { verb: "done", exitCode: USAGE });
  }
});

Deno.test("parseTproxy() reads how OpenNebula is to call it, one way at a time", () => {
  const asked = (...args: string[]) => parseTproxy(["integrate", ...args]);
  const rest = { verb: "integrate", frontEnd: false, archives: [], dryRun: false, json: false };
  assert.deepEqual(asked(), { ...rest, way: undefined });
  assert.deepEqual(asked("--json"), { ...rest, way: undefined, json: true });
  for (const way of ["drop-in", "hooks", "full", "off"]) assert.deepEqual(asked(`--${way}`), { ...rest, way });
  assert.deepEqual(asked("--off", "--dry-run"), { ...rest, way: "off", dryRun: true });
  assert.deepEqual(asked("--full", "--front-end"), { ...rest, way: "full", frontEnd: true });
  const brought = asked("--front-end", "--full", "--archive", "a", "b");
  assert.deepEqual(brought, { ...rest, way: "full", frontEnd: true, archives: ["a", "b"] });
  const incomplete = [["--full"], ["--front-end", "--off"], ["--front-end"]].map((
    others,
  ) => [...others, "--archive", "a"]);
  for (const args of [["--drop-in", "--full"], ["--full", "--json"], ["--dry-run"], ...incomplete]) {
    const { result, stderr } = quietly(() => asked(...args));
    assert.deepEqual(result, { verb: "done", exitCode: USAGE });
    assert.match(stderr, /^error: /);
  }
});
