import assert from "node:assert/strict";
import { renderMarkdown, sectionOf } from "./markdown.ts";
import { bold, escape } from "./roff.ts";

Deno.test("escape() leaves nothing that roff interprets", () => {
  assert.equal(escape(".TH\n'br \\fB --x"), "\\&.TH\n\\(aqbr \\efB \\-\\-x");
  assert.equal(escape('"a" ~^` ▶'), "\\(dqa\\(dq \\(ti\\(ha\\(ga \\[u25B6]");
  assert.equal(bold("--json"), "\\fB\\-\\-json\\fR");
});

Deno.test("renderMarkdown() makes items of a table's rows, with what each column is about", () => {
  const table = "| key | value | default |\n| --- | --- | --- |\n| `:a:` | b \\| [c](d.md#e) | `1` |\n| `:f:` |  | |";
  assert.deepEqual(renderMarkdown(table), [
    ...[".TP", "\\fB:a:\\fR", "b | c\n.br\ndefault: \\fB1\\fR"],
    ...[".TP", "\\fB:f:\\fR"],
  ]);
});

Deno.test("renderMarkdown() joins the lines of paragraphs and of a list's items, and keeps those of code", () => {
  const lines = renderMarkdown("One\ntwo\n\n- three\n  `four`\n- five\n\n### Six\n\n```sh\n.seven\n  eight\n```\n");
  assert.deepEqual(lines, [
    ...[".PP", "One two", ".IP \\(bu 2", "three \\fBfour\\fR", ".IP \\(bu 2", "five", '.SS "Six"'],
    ...[".PP", ".nf", "\\&.seven", "  eight", ".fi"],
  ]);
});

Deno.test("sectionOf() finds the one document that has a heading, and names a heading that none has", () => {
  assert.equal(sectionOf(["# A\n\n## B\nb\n", "# C\n\n## D\nd\n\n## E\n"], "D"), "d\n");
  assert.throws(() => sectionOf(["# A\n"], "D"), /no document has the heading "## D"/);
});
