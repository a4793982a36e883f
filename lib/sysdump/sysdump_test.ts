import assert from "node:assert/strict";
import { Anonymizer, withoutSecrets } from "./anonymize.ts";
import { packTar } from "./tar.ts";

Deno.test("withoutSecrets() removes the values of what is called a token, a password or a secret", () => {
  const cases: readonly [string, string][] = [
    ["X-OneGate-Token: abc.def==", "X-OneGate-Token: [removed]"],
    ['{"password":"a b","port":1}', '{"password":[removed],"port":1}'],
    ["client_secret = s3cret, next", "client_secret = [removed], next"],
    ["the token is not valid", "the token is not valid"],
  ];
  for (const [text, expected] of cases) assert.equal(withoutSecrets(text), expected);
});

Deno.test("Anonymizer gives each address and name one pseudonym, and keeps those that are the same everywhere", () => {
  const anonymizer = new Anonymizer(["gate.example.org"]);
  const text = "gate.example.org 10.11.12.13:5030 02:AB:00:00:00:01 fe80::1 169.254.16.9 127.0.0.1 10.11.12.14/24";
  const first = anonymizer.anonymize(text);
  assert.equal(
    first,
    "name-1.invalid 198.18.0.4:5030 02:00:00:00:00:02 2001:db8::3 169.254.16.9 127.0.0.1 198.18.0.5/24",
  );
  assert.equal(anonymizer.anonymize("[fe80::1] 10.11.12.13"), "[2001:db8::3] 198.18.0.4");
});

Deno.test("Anonymizer leaves versions, times and words alone", () => {
  const text = "Deno 2.9.6 at 2026-11-27T07:10:11.123Z, 07:10:11, 1.2.3.4.5 v8 br0 0xa9fe1009 300.1.1.1";
  assert.equal(new Anonymizer([]).anonymize(text), text);
});

Deno.test("packTar() makes an archive whose headers and lengths are those of ustar", async () => {
  const packed = await packTar([{ path: "a/b.txt", text: "hello\n" }, { path: "c", text: "" }], 1_700_000_000);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).bytes();
  assert.equal(bytes.length, 512 * 5);
  const at = (start: number, length: number) => new TextDecoder().decode(bytes.subarray(start, start + length));
  assert.deepEqual([at(0, 8), at(100, 8), at(124, 12)], ["a/b.txt\0", "0000600\0", "00000000006\0"]);
  assert.deepEqual([at(257, 8), at(512, 6), at(1024, 2)], ["ustar\x0000", "hello\n", "c\0"]);
  const sum = bytes.subarray(0, 512).reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
  assert.equal(Number.parseInt(at(148, 6), 8), sum);
  await assert.rejects(packTar([{ path: "x".repeat(101), text: "" }], 0), RangeError);
});
