import assert from "node:assert/strict";
import { allFiles, filesOf, folderOf, MARK, sudoersOf, type Way, WAYS } from "./files.ts";
import { planWay } from "./plan.ts";
import { planOff } from "./plan_off.ts";
import type { Found, Seen } from "./seen.ts";
import { describeStep, type Step } from "./steps.ts";

const VNM = "/var/tmp/one/vnm";
const PREFIX = "/opt/one-tproxy";
const PLACE = {
  prefix: PREFIX,
  share: `${PREFIX}/share`,
  vnm: VNM,
  sudoers: "/etc/sudoers.d/one-tproxy",
  kept: `${PREFIX}/kept`,
  madeFolders: `${PREFIX}/kept/folders`,
  note: `${PREFIX}/mode`,
};
const SOURCES = new Map(
  WAYS.flatMap((way) => [...filesOf(way, VNM), sudoersOf(way, PLACE.sudoers) ?? []].flat()).map(({ source }) => [
    source,
    `# ${MARK}: ${source}\n`,
  ]),
);
const OURS: Found = { kind: "ours", text: `# ${MARK}, an older one\n`, mode: 0o755 };
const THEIRS: Found = { kind: "theirs", text: "", mode: 0o755 };

/** A hypervisor with the driver "bridge". */
function seen(changes: Partial<Omit<Seen, "files">> & { files?: Record<string, Found> } = {}): Seen {
  const folders = [VNM, `${VNM}/bridge`, `${VNM}/bridge/pre.d`, `${VNM}/bridge/clean.d`, "/etc/sudoers.d"];
  const nothing = { way: undefined, kept: new Set<string>(), madeFolders: [], isRecorded: false };
  const rest = { place: PLACE, folders: new Set(folders), sources: SOURCES };
  return { ...nothing, ...rest, ...changes, files: new Map(Object.entries(changes.files ?? {})) };
}

/** What a way has put there. */
function taken(way: Way): Seen {
  const here = seen();
  const all = [...filesOf(way, VNM), sudoersOf(way, PLACE.sudoers) ?? []].flat();
  const files = all.filter(({ folder }) => here.folders.has(folder)).map(({ path, source, mode }): [string, Found] => {
    return [path, { kind: "ours", text: SOURCES.get(source) ?? "", mode }];
  });
  return { ...here, way, files: new Map(files) };
}

const lines = (steps: readonly Step[]) => steps.flatMap((step) => describeStep(step) ?? []);

Deno.test("planWay() does nothing where a way is taken already", () => {
  for (const way of WAYS) assert.deepEqual(planWay(way, taken(way)), [], way);
});

Deno.test("planWay() ends the driver's own proxies before it takes their place, and starts ours", () => {
  const steps = planWay("drop-in", seen({ files: { [`${VNM}/tproxy`]: THEIRS } }));
  assert.deepEqual(lines(steps), [
    `Stopping the driver's own proxies: ${VNM}/tproxy stop`,
    `Keeping ${VNM}/tproxy in ${PREFIX}/kept/tproxy`,
    `Writing ${VNM}/tproxy`,
    "Starting ours: tproxy start",
  ]);
  // Only what nobody but root may replace is run as root.
  const programs = steps.flatMap((step) => step.kind === "run" ? [[step.program, step.isDrivers]] : []);
  assert.deepEqual(programs, [[`${VNM}/tproxy`, true], [`${PREFIX}/bin/tproxy`, undefined]]);
  assert.deepEqual(steps.at(-1), { kind: "note", way: "drop-in", path: PLACE.note });
  const notRun = planWay("drop-in", seen({ files: { [`${VNM}/tproxy`]: { ...THEIRS, mode: 0o644 } } }));
  assert.deepEqual(lines(notRun), [`Keeping ${VNM}/tproxy in ${PREFIX}/kept/tproxy`, `Writing ${VNM}/tproxy`]);
});

Deno.test("planWay() writes a file of ours anew if its text or its mode is another", () => {
  for (const change of [{ text: OURS.text }, { mode: 0o700 }]) {
    const is = taken("full");
    const files = new Map(is.files);
    files.set(`${VNM}/tproxy.rb`, { ...OURS, ...is.files.get(`${VNM}/tproxy.rb`), ...change });
    assert.deepEqual(lines(planWay("full", { ...is, files })), [`Writing ${VNM}/tproxy.rb`]);
  }
});

Deno.test("planWay() refuses somebody else's file that it would not keep, before it has planned anything", () => {
  for (const path of [PLACE.sudoers, `${VNM}/bridge/pre.d/one-tproxy`]) {
    assert.throws(() => planWay("hooks", seen({ files: { [path]: THEIRS } })), {
      message: `${path} is in the way and not ours`,
      remedy: "move it away",
    });
    assert.doesNotThrow(() => planWay("drop-in", seen({ files: { [path]: THEIRS } })));
  }
  const folder: Found = { kind: "no file", text: "", mode: 0 };
  assert.throws(() => planWay("full", seen({ files: { [`${VNM}/tproxy.rb`]: folder } })), /is in the way and no file/);
});

Deno.test("planWay() takes the files of the former way away, puts back what it had replaced, and tells the driver", () => {
  const kept = new Set([`${PREFIX}/kept/tproxy.rb`]);
  const steps = planWay("drop-in", { ...taken("full"), kept, isRecorded: true });
  assert.deepEqual(lines(steps), [
    `Putting back ${VNM}/tproxy.rb`,
    `Removing ${PLACE.sudoers}`,
    "Leaving the bridges to the driver: tproxy-setup release",
  ]);
  const hooks = { ...taken("hooks"), madeFolders: [`${VNM}/bridge/pre.d`] };
  const left = planWay("full", hooks);
  assert.deepEqual(left.filter(({ kind }) => kind === "remove folder").length, 1);
  assert.deepEqual(lines(left), [
    ...["pre", "clean"].map((hook) => `Removing ${VNM}/bridge/${hook}.d/one-tproxy`),
    `Writing ${PLACE.sudoers}`,
    `Writing ${VNM}/tproxy.rb`,
  ]);
});

Deno.test("planWay() keeps what somebody else has put in the place of ours since, and forgets the older one", () => {
  const kept = new Set([`${PREFIX}/kept/tproxy.rb`]);
  const files = new Map([...taken("full").files, [`${VNM}/tproxy.rb`, THEIRS]]);
  const steps = planWay("drop-in", { ...taken("full"), files, kept });
  assert.deepEqual(steps[0], { kind: "forget", path: `${PREFIX}/kept/tproxy.rb` });
  assert.ok(!steps.some((step) => "path" in step && step.path === `${VNM}/tproxy.rb`));
});

Deno.test("planWay() makes hooks' folders that are missing, and no folder of a driver", () => {
  const folders = new Set([VNM, `${VNM}/fw`, "/etc/sudoers.d"]);
  const steps = planWay("hooks", seen({ folders }));
  const made = steps.flatMap((step) => step.kind === "make folder" ? [step.path] : []);
  assert.deepEqual(made, [`${VNM}/fw/pre.d`, `${VNM}/fw/clean.d`]);
});

Deno.test("planWay() says what is missing on a host that onehost sync has not reached, or that has no sudo", () => {
  const [rules, note, drivers] = planWay("full", seen({ folders: new Set() }));
  assert.match(
    rules?.kind === "tell" ? rules.text : "",
    /^There is no \/etc\/sudoers\.d: let oneadmin run as root what /,
  );
  assert.equal(note?.kind, "note");
  assert.match(drivers?.kind === "tell" ? drivers.text : "", /^There is no \/var\/tmp\/one\/vnm yet: "onehost sync" /);
});

Deno.test("planOff() leaves live guests to the driver's own proxies if there are such, and else takes bridges down", () => {
  const kept = new Set([`${PREFIX}/kept/tproxy`]);
  const left = planOff({ ...taken("hooks"), kept }, ["br0"]);
  assert.deepEqual(left.flatMap((step) => step.kind === "run" ? [step.isDrivers] : []), [undefined, true]);
  assert.deepEqual(lines(left), [
    "Leaving the bridges to the driver: tproxy-setup release",
    ...["clean", "pre"].map((hook) => `Removing ${VNM}/bridge/${hook}.d/one-tproxy`),
    `Putting back ${VNM}/tproxy`,
    `Removing ${PLACE.sudoers}`,
    "Our proxies take no more streams; live streams go on in them to their end",
    `Starting the driver's own proxies: ${VNM}/tproxy start`,
  ]);
  assert.deepEqual(lines(planOff(taken("drop-in"), ["br0", "br1"])), [
    "Stopping the proxies: tproxy stop",
    "Taking br0 down: tproxy-setup down --bridge br0",
    "Taking br1 down: tproxy-setup down --bridge br1",
    `Removing ${VNM}/tproxy`,
  ]);
});

Deno.test("planOff() forgets the way last, so that a run that was interrupted is completed by the next", () => {
  for (const way of WAYS) {
    assert.deepEqual(planOff(taken(way), []).at(-1), { kind: "note", way: undefined, path: PLACE.note });
  }
});

Deno.test("planOff() leaves alone what was set up by hand", () => {
  assert.deepEqual(planOff(seen(), ["br0"]), []);
});

Deno.test("allFiles() names each file once, and folderOf() its folder", () => {
  const paths = allFiles(VNM).map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
  assert.equal(folderOf(`${VNM}/tproxy`), VNM);
});

Deno.test("on a front-end, where nothing runs, files are kept, written and given back, and no program is run", () => {
  const place = { ...PLACE, sudoers: undefined };
  const files = { [`${VNM}/tproxy`]: THEIRS };
  const steps = planWay("full", { ...seen({ files }), place });
  assert.deepEqual(lines(steps), [
    `Keeping ${VNM}/tproxy in ${PREFIX}/kept/tproxy`,
    ...["tproxy", "tproxy.rb"].map((name) => `Writing ${VNM}/${name}`),
  ]);
  const kept = new Set([`${PREFIX}/kept/tproxy`]);
  const off = planOff({ ...taken("full"), place, kept, isRecorded: true }, []);
  assert.deepEqual(lines(off), [`Removing ${VNM}/tproxy.rb`, `Putting back ${VNM}/tproxy`]);
});

Deno.test("planWay() lists the folders that it makes beside those that it has made before", () => {
  const folders = new Set([VNM, `${VNM}/fw`, `${VNM}/fw/pre.d`, "/etc/sudoers.d"]);
  const steps = planWay("hooks", seen({ folders, madeFolders: [`${VNM}/fw/pre.d`] }));
  assert.deepEqual(steps.find(({ kind }) => kind === "list folders"), {
    kind: "list folders",
    folders: [`${VNM}/fw/pre.d`, `${VNM}/fw/clean.d`],
    path: PLACE.madeFolders,
  });
});
