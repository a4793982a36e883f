import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { joinEndpoints } from "./join_endpoints.ts";

const BR0 = parseBridgeName("br0");
const BR1 = parseBridgeName("br1");
const endpoint = (servicePort: number, remoteAddr = "10.0.0.1") => ({ servicePort, remoteAddr, remotePort: 80 });
const RECORD = new Map([[BR0, [{ id: "7", endpoints: [endpoint(80), endpoint(82)] }]]]);

Deno.test("joinEndpoints() serves what is recorded, whatever nft has of it", () => {
  const recorded = [[BR0, [endpoint(80), endpoint(82)]]];
  assert.deepEqual([...joinEndpoints(RECORD, new Map())], recorded);
  assert.deepEqual([...joinEndpoints(RECORD, new Map([[BR0, []]]))], recorded);
  assert.deepEqual([...joinEndpoints(RECORD, new Map([[BR0, [endpoint(80, "10.0.0.9")]]]))], recorded);
});

Deno.test("joinEndpoints() serves what else is in nft, on recorded bridges and on others", () => {
  const listed = new Map([[BR0, [endpoint(81)]], [BR1, [endpoint(80, "10.0.0.2")]]]);
  assert.deepEqual([...joinEndpoints(RECORD, listed)], [
    [BR0, [endpoint(80), endpoint(81), endpoint(82)]],
    [BR1, [endpoint(80, "10.0.0.2")]],
  ]);
});

Deno.test("joinEndpoints() leaves out a bridge that has none", () => {
  assert.equal(joinEndpoints(new Map(), new Map([[BR1, []]])).size, 0);
});
