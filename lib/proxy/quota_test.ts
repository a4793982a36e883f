import assert from "node:assert/strict";
import { type Quota, Quotas } from "./quota.ts";

const bridge = (quotas: Quotas) => quotas.of("bridge", 3, "tproxy_max_connections_per_bridge");
const guest = (quotas: Quotas, of: string) => quotas.of(of, 2, "tproxy_max_connections_per_guest");
const both = (quotas: Quotas, of: string): Quota[] => [bridge(quotas), guest(quotas, of)];

Deno.test("Quotas.take() refuses the newest, names the limit, and takes nothing then", () => {
  const quotas = new Quotas();
  assert.equal(quotas.take(both(quotas, "a")), undefined);
  assert.equal(quotas.take(both(quotas, "a")), undefined);
  assert.equal(quotas.take(both(quotas, "a"))?.limit, "tproxy_max_connections_per_guest");
  assert.equal(quotas.take(both(quotas, "b")), undefined);
  assert.equal(quotas.take(both(quotas, "b"))?.limit, "tproxy_max_connections_per_bridge");
  assert.equal(quotas.take([guest(quotas, "b")]), undefined, "a refused stream has kept a place");
});

Deno.test("Quotas.take() heeds a limit that has changed while streams live", () => {
  const quotas = new Quotas();
  const first = [guest(quotas, "a")];
  assert.equal(quotas.take(first), undefined);
  const limit = "max_connections_per_guest";
  assert.deepEqual(quotas.take([quotas.of("a", 1, limit)]), { of: "a", max: 1, limit, used: 1 });
  assert.equal(quotas.take([quotas.of("a", 2, limit)]), undefined);
  quotas.giveBack(first);
  assert.equal(quotas.taken("a"), 1);
});

Deno.test("Quotas.giveBack() makes room, and forgets who has none", () => {
  const quotas = new Quotas();
  for (let i = 0; i < 5; i++) {
    const taken = both(quotas, "a");
    assert.equal(quotas.take(taken), undefined);
    quotas.giveBack(taken);
  }
  assert.equal(quotas.size, 0);
});

Deno.test("Quotas.take() counts what others take of the same quotas", () => {
  const quotas = new Quotas();
  const others = new Map([["bridge", 2], ["a", 1]]);
  quotas.others = () => others;
  assert.equal(quotas.take(both(quotas, "b")), undefined);
  assert.equal(quotas.take(both(quotas, "b"))?.limit, "tproxy_max_connections_per_bridge");
  assert.deepEqual(quotas.own, new Map([["bridge", 1], ["b", 1]]));
  others.delete("bridge");
  assert.equal(quotas.take(both(quotas, "a")), undefined);
  assert.equal(quotas.take(both(quotas, "a"))?.limit, "tproxy_max_connections_per_guest");
});
