import assert from "node:assert/strict";
import { Places } from "./places.ts";

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
