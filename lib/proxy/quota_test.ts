import assert from "node:assert/strict";
import { Places } from "./quota.ts";

const bridge = { of: "bridge", max: 3, limit: "bridge" };
const guest = (of: string) => ({ of, max: 2, limit: "guest" });

Deno.test("Places.take() refuses the newest, names the limit, and takes nothing then", () => {
  const places = new Places();
  const a = [bridge, guest("a")];
  assert.equal(places.take(a), undefined);
  assert.equal(places.take(a), undefined);
  assert.equal(places.take(a)?.limit, "guest");
  assert.equal(places.take([bridge, guest("b")]), undefined);
  assert.equal(places.take([bridge, guest("b")])?.limit, "bridge");
  assert.equal(places.take([guest("b")]), undefined, "a refused claim has kept a place");
});

Deno.test("Places.giveBack() makes room, and forgets who has none", () => {
  const places = new Places();
  const claims = [bridge, guest("a")];
  for (let i = 0; i < 5; i++) {
    assert.equal(places.take(claims), undefined);
    places.giveBack(claims);
  }
  assert.equal(places.size, 0);
});

Deno.test("Places.take() counts what others take of the same places", () => {
  const places = new Places();
  const others = new Map([["bridge", 2], ["a", 1]]);
  places.others = () => others;
  assert.equal(places.take([bridge, guest("b")]), undefined);
  assert.equal(places.take([bridge, guest("b")])?.limit, "bridge");
  assert.deepEqual(places.own, new Map([["bridge", 1], ["b", 1]]));
  others.delete("bridge");
  assert.equal(places.take([bridge, guest("a")]), undefined);
  assert.equal(places.take([bridge, guest("a")])?.limit, "guest");
});
