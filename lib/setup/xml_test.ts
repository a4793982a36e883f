import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "../errors.ts";
import { parseXml } from "./xml.ts";

/** Parses a document that has only text in its root, and returns the text. */
function textIn(content: string): string {
  return parseXml(`<VM>${content}</VM>`).text;
}

function refuses(text: string, message: RegExp): void {
  assert.throws(() => parseXml(text), (error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, message);
    return true;
  }, text.slice(0, 100));
}

Deno.test("parseXml() gives the elements in their order, whatever they are called", () => {
  const leaf = (name: string, text = "") => ({ name, text, children: [] });
  assert.deepEqual(parseXml("<VM><A>1</A><B/><A><C></C></A><toString>2</toString></VM>").children, [
    leaf("A", "1"),
    leaf("B"),
    { name: "A", text: "", children: [leaf("C")] },
    { ...leaf("x", "2"), name: parseXml("<toString/>").name },
  ]);
});

Deno.test("parseXml() takes text and CDATA together, and only CDATA as it is", () => {
  const cases: [string, string][] = [
    ["br0", "br0"],
    [" br0\n", " br0\n"],
    ["0x10", "0x10"],
    ["<![CDATA[br0]]>", "br0"],
    ["<![CDATA[]]>", ""],
    ["", ""],
    ["a<![CDATA[ b & <c> ]]>d", "a b & <c> d"],
    ["<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"],
    ["R&amp;D &lt;1&gt; &quot;&apos;", "R&D <1> \"'"],
    ["&#65;&#x42;&#128421;", "AB\u{1f5a5}"],
    ["<![CDATA[R&amp;D &copy; &x;]]>", "R&amp;D &copy; &x;"],
    ["&amp;lt;", "&lt;"],
    ["a<!-- b -->c<?d e?>f", "acf"],
  ];
  for (const [content, text] of cases) assert.equal(textIn(content), text, content);
});

Deno.test("parseXml() takes a declaration, attributes and white space around the root", () => {
  assert.deepEqual(parseXml('<?xml version="1.0"?>\n<VM a="1"/>\n'), { name: "VM", text: "", children: [] });
});

Deno.test("parseXml() refuses a DOCTYPE and declarations of entities, wherever they are", () => {
  const entity = '<!ENTITY x "y">';
  const doctypes = [
    "<!DOCTYPE VM><VM/>",
    `<!DOCTYPE VM [${entity}]><VM>&x;</VM>`,
    '<!DOCTYPE VM SYSTEM "file:///etc/passwd"><VM/>',
    '<!DOCTYPE VM [<!ENTITY x SYSTEM "http://10.0.0.1/">]><VM>&x;</VM>',
    "<!-- a --><!DOCTYPE VM><VM/>",
  ];
  for (const text of doctypes) refuses(text, /it has a DOCTYPE, which is refused/);
  const misplaced = [
    "<!doctype VM><VM/>",
    `<VM>${entity}</VM>`,
    "<VM/><!DOCTYPE VM>",
    "<VM><![CDATA[a]]><!DOCTYPE VM></VM>",
    "<![IGNORE[a]]><VM/>",
  ];
  for (const text of misplaced) refuses(text, /line 1: (?:incorrect syntax|inappropriately located doctype)/);
});

Deno.test("parseXml() takes a DOCTYPE in CDATA or a comment for the letters that it is", () => {
  assert.equal(textIn("<![CDATA[<!DOCTYPE html><!ENTITY>]]>"), "<!DOCTYPE html><!ENTITY>");
  assert.equal(textIn("<!-- <!DOCTYPE html> -->"), "");
});

Deno.test("parseXml() refuses entities that it was not told of", () => {
  for (
    const entity of ["&copy;", "&x;", "&AMP;", "&#0;", "&#xd800;", "&#x110000;", "&#99999999;", "&#;", "&toString;"]
  ) {
    refuses(`<VM>${entity}</VM>`, /^Cannot read the VM's XML: /);
  }
});

Deno.test("parseXml() refuses what is not well formed, in one short line", () => {
  const cases: [string, RegExp][] = [
    ["", /line 1: /],
    ["VM", /line 1: /],
    ["<VM>", /line 1: /],
    ["<VM></vm>", /line 1: /],
    ["<VM>\n<A></VM>", /line 2: /],
    ["<VM/>x", /text data outside of root node/],
    ["<VM/><VM/>", /only one root/],
    ["<?xml version='1.0'?>", /must contain a root element/],
    ["<!-- a -->", /must contain a root element/],
    ["<VM>a & b</VM>", /line 1: /],
    ["<VM><![CDATA[a</VM>", /unclosed tag: VM/],
    ["<VM><!-- a</VM>", /unclosed tag: VM/],
    ["<VM><!--></VM>", /unclosed tag: VM/],
    ["<VM>\u0000</VM>", /disallowed character/],
    ["<VM>\uffff</VM>", /disallowed character/],
    ["<VM>\ud800</VM>", /line 1: /],
    ["<a>".repeat(200) + "</a>".repeat(200), /nested more than 100 deep/],
  ];
  for (const [text, message] of cases) refuses(text, message);
});

Deno.test("parseXml() is through with a megabyte of anything in no time", () => {
  const fill = (piece: string) => piece.repeat(1_000_000 / piece.length);
  const documents = [
    ...[
      "<",
      "<a>",
      "</a>",
      "<a",
      "<!--",
      "<![CDATA[",
      "<![CDATA[]]>",
      "<!-->",
      "&",
      "&amp;",
      "<b/>",
      "<?",
      " ",
      "\n",
      "\r",
    ],
    ..."x=' '<a x='1' |<a |'|\"|]]>|-->".split("|"),
  ].flatMap((piece) => [fill(piece), `<VM>${fill(piece)}</VM>`, `<VM ${fill(piece)}/>`]);
  for (const text of documents) {
    const start = performance.now();
    try {
      parseXml(text);
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
      assert.ok(error.message.length < 200, error.message);
    }
    // A parser that read everything again for each piece would take hours. A busy machine costs seconds.
    assert.ok(performance.now() - start < 60_000, text.slice(0, 40));
  }
});

Deno.test("parseXml() fails with nothing but InputError", () => {
  const pieces = fc.constantFrom(
    ...["<VM>", "</VM>", "<A>", "</A>", "<A/>", "<![CDATA[", "]]>", "<!--", "-->", "<?x", "?>", "&amp;", "&#", ";"],
    ...["<!DOCTYPE", "<!ENTITY", "<", ">", "/", "&", "=", "'", '"', " ", "\n", "a", "#text", ":@", "__proto__", "\0"],
    ...["<__proto__>", "</__proto__>", "<constructor/>", "<:@>", "</:@>", "<toString/>"],
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces).map((all) => all.join("")),
    fc.array(pieces).map((all) => `<VM>${all.join("")}</VM>`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const { name, text: inside, children } = parseXml(text);
        assert.deepEqual([typeof name, typeof inside, Array.isArray(children)], ["string", "string", true]);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
