import assert from "node:assert/strict";
import { lineThrough } from "./line.ts";

Deno.test("lineThrough() finds the line that the numbers are on", () => {
  assert.deepEqual(lineThrough([[1, 12], [10, 30], [100, 210]]), { fixed: 10, slope: 2, fit: 1 });
});

Deno.test("lineThrough() tells numbers that grow with the square from a line", () => {
  const { fit } = lineThrough([[0, 0], [50, 2_500], [100, 10_000]]);
  assert.ok(fit < 0.95, `${fit}`);
});

Deno.test("lineThrough() takes what does not grow for a line", () => {
  assert.deepEqual(lineThrough([[1, 5], [100, 5]]), { fixed: 5, slope: 0, fit: 1 });
});
