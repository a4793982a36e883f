import assert from "node:assert/strict";
import fc from "fast-check";
import { KernelStateError } from "../errors.ts";
import { isSameVlans, isVlans, parseVlans, planVlans, type Vlan } from "./vlans.ts";

const vlan = (vid: number, flags = ""): Vlan => ({
  vid,
  pvid: flags.includes("pvid"),
  untagged: flags.includes("untagged"),
});

// As iproute2 6.1 prints it for a port of a QinQ bridge, and with -compressvlans.
const LISTED = `[{"ifname":"br0","vlans":[{"vlan":1,"flags":["PVID","Egress Untagged"]}]},{"ifname":"br0b","vlans":[
  {"vlan":100,"flags":["PVID","Egress Untagged"]},{"vlan":1,"flags":["Egress Untagged"]},{"vlan":200,"vlanEnd":202}]}]`;

const DRIVERS = [vlan(1, "untagged"), vlan(100, "pvid untagged"), vlan(200), vlan(201), vlan(202)];

Deno.test("parseVlans() reads what bridge lists", () => {
  const ports = parseVlans(LISTED);
  assert.deepEqual(ports.get("br0"), [vlan(1, "pvid untagged")]);
  assert.deepEqual(ports.get("br0b"), DRIVERS);
  assert.equal(parseVlans("[]").size, 0);
  assert.deepEqual(parseVlans('[{"ifname":"br0b"}]').get("br0b"), []);
});

Deno.test("parseVlans() takes nothing else", () => {
  const port = (...vlans: unknown[]) => JSON.stringify([{ ifname: "br0b", vlans }]);
  const bad = ["", "{", "7", "{}", "[7]", "[null]", '[{"vlans":[]}]', '[{"ifname":"br0b","vlans":7}]'];
  for (
    const vlans of [[7], [{}], [{ vlan: 0 }], [{ vlan: 4095 }], [{ vlan: 1 }, { vlan: 1 }], [{ vlan: "1; reboot" }]]
  ) {
    bad.push(port(...vlans));
  }
  bad.push(port({ vlan: 1, vlanEnd: 1e9 }), port({ vlan: 1, flags: ["PVID"] }, { vlan: 2, flags: ["PVID"] }));
  for (const json of bad) assert.throws(() => parseVlans(json), KernelStateError, json);
});

Deno.test("planVlans() does what the driver did to a port that has only the bridge's default", () => {
  assert.deepEqual(planVlans("br0b", [vlan(1, "pvid untagged")], [vlan(1, "untagged"), vlan(100, "pvid untagged")]), [
    "vlan add dev br0b vid 1 untagged",
    "vlan add dev br0b vid 100 pvid untagged",
  ]);
  assert.deepEqual(planVlans("br0b", [vlan(1, "pvid untagged")], [vlan(200)]), [
    "vlan del dev br0b vid 1",
    "vlan add dev br0b vid 200",
  ]);
  assert.deepEqual(planVlans("br0b", DRIVERS, DRIVERS), []);
});

const lists: fc.Arbitrary<Vlan[]> = fc.uniqueArray(
  fc.record({ vid: fc.integer({ min: 1, max: 4094 }), pvid: fc.constant(false), untagged: fc.boolean() }, {
    noNullPrototype: true,
  }),
  { selector: ({ vid }) => vid, maxLength: 8 },
).map((list) => list.toSorted((a, b) => a.vid - b.vid));

Deno.test("planVlans() leads from anything to anything, and from there nowhere", () => {
  fc.assert(fc.property(lists, lists, (present, wanted) => {
    const port = new Map(present.map((vlan) => [vlan.vid, vlan]));
    for (const line of planVlans("p", present, wanted)) {
      const [, verb, , , , vid, ...flags] = line.split(" ");
      if (verb === "del") assert.equal(port.delete(Number(vid)), true);
      else port.set(Number(vid), vlan(Number(vid), flags.join(" ")));
    }
    const reached = [...port.values()].toSorted((a, b) => a.vid - b.vid);
    assert.ok(isVlans(reached) && isSameVlans(reached, wanted));
    assert.deepEqual(planVlans("p", reached, wanted), []);
  }));
});

Deno.test("isVlans() takes no list that a port can't have", () => {
  for (const good of [[], DRIVERS]) assert.ok(isVlans(good));
  const bad = [undefined, {}, [7], [{ vid: 1 }], [vlan(0)], [vlan(4095)], [vlan(1.5)], [vlan(1), vlan(1)]];
  bad.push([vlan(1, "pvid"), vlan(2, "pvid")], [{ ...vlan(1), untagged: "yes" }]);
  for (const value of bad) assert.ok(!isVlans(value), JSON.stringify(value));
});
