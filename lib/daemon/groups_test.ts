import assert from "node:assert/strict";
import { parseGroups } from "./groups.ts";

Deno.test("parseGroups() reads the columns of ps, however they are padded", () => {
  const text = "    1     0 -\n 5263 1900000123 1900000001\n4194304 65534 4,1900000005,1916777216\n";
  assert.deepEqual([...parseGroups(text)], [
    [1, { gid: 0, others: [] }],
    [5263, { gid: 1_900_000_123, others: [1_900_000_001] }],
    [4194304, { gid: 65534, others: [4, 1_900_000_005, 1_916_777_216] }],
  ]);
});

Deno.test("parseGroups() passes over what is no row", () => {
  for (const text of ["", "\n\n", "error: x\n", "PID EGID SUPGID\n", "1 2\n", "1 root users\n"]) {
    assert.deepEqual([...parseGroups(text)], []);
  }
});
