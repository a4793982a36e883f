import assert from "node:assert/strict";
import { Quotas } from "./quota.ts";

const bridge = { of: "bridge", max: 3, limit: "tproxy_max_connections_per_bridge" } as const;
const guest = (of: string) => ({ of, max: 2, limit: "tproxy_max_connections_per_guest" } as const);

Deno.test("Quotas.take() refuses the newest, names the limit, and takes nothing then", () => {
  const quotas = new Quotas();
  const a = [bridge, guest("a")];
  assert.equal(quotas.take(a), undefined);
  assert.equal(quotas.take(a), undefined);
  assert.equal(quotas.take(a)?.limit, "tproxy_max_connections_per_guest");
  assert.equal(quotas.take([bridge, guest("b")]), undefined);
  assert.equal(quotas.take([bridge, guest("b")])?.limit, "tproxy_max_connections_per_bridge");
  assert.equal(quotas.take([guest("b")]), undefined, "a refused claim has kept a place");
});

Deno.test("Quotas.giveBack() makes room, and forgets who has none", () => {
  const quotas = new Quotas();
  const claims = [bridge, guest("a")];
  for (let i = 0; i < 5; i++) {
    assert.equal(quotas.take(claims), undefined);
    quotas.giveBack(claims);
  }
  assert.equal(quotas.size, 0);
});

Deno.test("Quotas.take() counts what others take of the same quotas", () => {
  const quotas = new Quotas();
  const others = new Map([["bridge", 2], ["a", 1]]);
  quotas.others = () => others;
  assert.equal(quotas.take([bridge, guest("b")]), undefined);
  assert.equal(quotas.take([bridge, guest("b")])?.limit, "tproxy_max_connections_per_bridge");
  assert.deepEqual(quotas.own, new Map([["bridge", 1], ["b", 1]]));
  others.delete("bridge");
  assert.equal(quotas.take([bridge, guest("a")]), undefined);
  assert.equal(quotas.take([bridge, guest("a")])?.limit, "tproxy_max_connections_per_guest");
});
