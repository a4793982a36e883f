import assert from "node:assert/strict";
import packet from "../../docs/packet.svg" with { type: "text" };
import rights from "../../docs/permissions.svg" with { type: "text" };
import { PROGRAMS } from "./programs.ts";
import { pictureOfRights, thingOf } from "./rights.ts";
import { pictureOfWay } from "./way.ts";

Deno.test("the picture of the permissions in docs/ is what the tables say", () => {
  assert.equal(rights, pictureOfRights(PROGRAMS), 'run "deno task pictures"');
});

Deno.test("the picture of a packet's way in docs/ is what its script draws", () => {
  assert.equal(packet, pictureOfWay(), 'run "deno task pictures"');
});

Deno.test("pictureOfRights() shows each letter in the row of its program alone", () => {
  const none = { net: [], read: [], write: [], run: [], env: [], sys: [] };
  const picture = pictureOfRights({ a: none, b: { ...none, read: ["/run/netns"], write: ["/run/netns"] } });
  const cells = [...picture.matchAll(/class="code" x="\d+" y="(\d+)"[^>]*>(\w+)</g)];
  const [, rowOfB] = /y="(\d+)">b</.exec(picture) ?? [];
  assert.deepEqual(cells.map(([, y, letters]) => [y, letters]), [[rowOfB, "rw"]]);
});

Deno.test("thingOf() knows the kind of each permission, and refuses one that is in no column", () => {
  assert.equal(thingOf("/usr/bin/kill"), "kill, mount, prlimit");
  assert.throws(() => thingOf("/bin/sh"), /no column of the picture is about \/bin\/sh/);
});
