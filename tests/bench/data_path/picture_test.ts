import assert from "node:assert/strict";
import { pictureOf } from "./picture.ts";
import { Samples } from "./samples.ts";

const samples = new Samples();
samples.add("up.cpu", "ours", 11);
samples.add("up.cpu", "a<b", 5.5);

Deno.test("pictureOf() draws a bar for each contender, the longest for the most", () => {
  const svg = pictureOf(samples, ["ours", "a<b"], "caption");
  const widths = [...svg.matchAll(/<rect class="([^"]+)" .*?width="(\d+)"/g)].map(([, style, width]) => [style, width]);
  assert.deepEqual(widths, [["bar first", "480"], ["bar", "240"]]);
});

Deno.test("pictureOf() escapes names and captions", () => {
  const svg = pictureOf(samples, ["ours", "a<b"], "x & y");
  assert.match(svg, /<title>x &amp; y<\/title>/);
  assert.match(svg, /a&lt;b/);
  assert.doesNotMatch(svg, /a<b/);
});

Deno.test("pictureOf() leaves out what nobody did", () => {
  assert.doesNotMatch(pictureOf(samples, ["ours"], "caption"), /one stream up, Gbit/);
});
