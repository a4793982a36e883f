import assert from "node:assert/strict";
import type { Endpoint } from "../address.ts";
import { parseBridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { findMissingInNft } from "./missing_in_nft.ts";
import { copyOf } from "./setup_record.ts";

const NAMES = namesOf(parseBridgeName("br0"));
const ENDPOINT = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const NETWORKS = [{ id: "7", endpoints: [ENDPOINT] }];

function missing(
  elements: Endpoint[] | undefined,
  copy: string | undefined = copyOf(NETWORKS),
  redirected: string[] | undefined = ["80"],
): string | undefined {
  return findMissingInNft(NAMES, NETWORKS, { elements, redirected, copy })?.[0];
}

Deno.test("findMissingInNft() finds nothing where all that is recorded is there, whatever else is", () => {
  assert.equal(missing([ENDPOINT]), undefined);
  assert.equal(missing([ENDPOINT, { ...ENDPOINT, servicePort: 81 }]), undefined);
});

Deno.test("findMissingInNft() finds the map, an element that is gone or differs, and the copy", () => {
  assert.equal(missing(undefined), "map-missing");
  assert.equal(missing([]), "element-missing");
  assert.equal(missing([{ ...ENDPOINT, remotePort: 81 }]), "element-missing");
  assert.equal(missing([{ ...ENDPOINT, options: { maxConnections: 5 } }]), "element-missing");
  assert.equal(missing([ENDPOINT], "[]"), "copy-missing");
  assert.equal(missing([ENDPOINT], "no JSON"), "copy-missing");
});

Deno.test("findMissingInNft() finds that other ports are redirected than those of the record", () => {
  for (const ports of [[], ["81"], ["80", "81"]]) {
    assert.equal(missing([ENDPOINT], undefined, ports), "redirect-missing");
  }
  const networks = [{ id: "7", endpoints: [{ ...ENDPOINT, options: { redirect: false } }] }];
  const held = { elements: networks[0]?.endpoints, copy: copyOf(networks) };
  assert.equal(findMissingInNft(NAMES, networks, { ...held, redirected: [] }), undefined);
  for (const redirected of [["80"], undefined]) {
    assert.equal(findMissingInNft(NAMES, networks, { ...held, redirected })?.[0], "redirect-missing");
  }
});

const NOTHING = { elements: undefined, redirected: undefined, copy: undefined };

Deno.test("findMissingInNft() wants nothing but the map of what the network driver made", () => {
  assert.equal(findMissingInNft(NAMES, undefined, { ...NOTHING, elements: [] }), undefined);
  assert.deepEqual(findMissingInNft(NAMES, undefined, NOTHING), [
    "map-missing",
    "the map ep_br0",
  ]);
});
