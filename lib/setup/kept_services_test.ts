import assert from "node:assert/strict";
import { keptOf } from "./kept_services.ts";

const endpoint = (servicePort: number, remoteAddr = "10.0.0.1") => ({ servicePort, remoteAddr, remotePort: 80 });
const at = (line: number) => ({ at: { line, column: 3 } });
const FORMER = [endpoint(80), endpoint(81)];

function kept(
  ...[endpoints, doubts]: [Parameters<typeof keptOf>[1]["endpoints"], Parameters<typeof keptOf>[1]["doubts"]]
) {
  return keptOf(FORMER, { endpoints, doubts }).map(({ endpoint, at }) => [endpoint.servicePort, at.line]);
}

Deno.test("keptOf() keeps nothing whose entry is really gone", () => {
  assert.deepEqual(kept([], []), []);
  assert.deepEqual(kept([endpoint(80)], []), []);
});

Deno.test("keptOf() keeps the endpoint that an entry in doubt is for, and no other", () => {
  assert.deepEqual(kept([], [{ ...at(4), servicePort: 81 }, { ...at(7), servicePort: 82 }]), [[81, 4]]);
  assert.deepEqual(keptOf(FORMER, { endpoints: [], doubts: [{ ...at(4), servicePort: 81 }] })[0]?.endpoint, FORMER[1]);
});

Deno.test("keptOf() keeps whatever an entry without a readable port may have been for", () => {
  assert.deepEqual(kept([], [at(4), { ...at(7), servicePort: 81 }]), [[80, 4], [81, 4]]);
});

Deno.test("keptOf() lets a good entry have its port, whatever is in doubt", () => {
  assert.deepEqual(kept([endpoint(80, "10.0.0.2")], [at(4), { ...at(5), servicePort: 80 }]), [[81, 4]]);
});
