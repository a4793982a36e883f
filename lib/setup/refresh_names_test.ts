import assert from "node:assert/strict";
import type { NetworkRecord } from "./setup_record.ts";
import { withAnswers } from "./refresh_names.ts";

const FIXED = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const NAMED = { servicePort: 81, remoteAddr: "10.0.0.2", remotePort: 81, remoteName: "a.example" };
const NETWORKS: NetworkRecord[] = [{ id: "7", endpoints: [FIXED, NAMED] }];

function addresses(networks: readonly NetworkRecord[]): string[] {
  return networks.flatMap(({ endpoints }) => endpoints.map(({ remoteAddr }) => remoteAddr));
}

Deno.test("withAnswers() follows a name to its new address, and touches no endpoint without a name", () => {
  const next = withAnswers(NETWORKS, new Map([["a.example", ["10.0.0.9", "10.0.0.8"]]]));
  assert.deepEqual(addresses(next), ["10.0.0.1", "10.0.0.9"]);
  assert.equal(next[0]?.endpoints[1]?.remoteName, "a.example");
});

Deno.test("withAnswers() follows each name of a list, and keeps their order", () => {
  const backups = { backupAddrs: ["10.0.0.3", "10.0.0.4"], backupNames: [null, "b.example"] };
  const networks = [{ id: "7", endpoints: [{ ...NAMED, ...backups }] }];
  const next = withAnswers(networks, new Map([["b.example", ["10.0.0.9"]], ["a.example", ["10.0.0.2"]]]));
  assert.deepEqual(next[0]?.endpoints[0], { ...NAMED, ...backups, backupAddrs: ["10.0.0.3", "10.0.0.9"] });
  assert.equal(withAnswers(networks, new Map([["b.example", ["10.0.0.4"]]])), networks);
});

Deno.test("withAnswers() keeps an address that is still one of the name's, in whatever order they come", () => {
  assert.equal(withAnswers(NETWORKS, new Map([["a.example", ["10.0.0.9", "10.0.0.2"]]])), NETWORKS);
});

Deno.test("withAnswers() keeps the last address of a name that can't be resolved", () => {
  assert.equal(withAnswers(NETWORKS, new Map()), NETWORKS);
  assert.equal(withAnswers(NETWORKS, new Map([["a.example", []]])), NETWORKS);
});
