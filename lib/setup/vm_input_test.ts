import assert from "node:assert/strict";
import fc from "fast-check";
import { InputError } from "../errors.ts";
import { readVm } from "./vm_input.ts";

const MIB = 1024 * 1024;

/** Makes a standard input of these pieces. */
function stdin(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    chunks.map((chunk) => typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk),
  );
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

async function refuses(input: ReadableStream<Uint8Array>, message: RegExp, what: string): Promise<void> {
  await assert.rejects(readVm(input), (error) => error instanceof InputError && message.test(error.message), what);
}

Deno.test("readVm() gives the text, with or without a newline at the end, in however many pieces", async () => {
  const line = base64("<VM>zażółć</VM>");
  for (const chunks of [[line], [line + "\n"], [line + "\r\n"], [...line, "\n"]]) {
    assert.equal(await readVm(stdin(...chunks)), "<VM>zażółć</VM>");
  }
});

Deno.test("readVm() refuses what is not one line of base64", async () => {
  const line = base64("<VM></VM>");
  assert.equal(line.endsWith("="), false);
  const wrong = ["<VM></VM>", "%%%%", line.slice(0, -1), line + "=", line + "====", `${line}\n${line}`, ` ${line}`];
  for (const text of [...wrong, `${line}\n\n`, "PFZN-_==", "====", "PFZ=PFZN", "PFZN\u00e9PF"]) {
    await refuses(stdin(text), /is not one line of base64$/, JSON.stringify(text));
  }
  for (const text of ["", "\n", "\r\n"]) await refuses(stdin(text), /is empty$/, JSON.stringify(text));
  await refuses(stdin(), /is empty$/, "nothing at all");
});

Deno.test("readVm() refuses bytes that are no text, and base64 that is more than its bytes", async () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x3c, 0x80]]) {
    await refuses(stdin(new Uint8Array(bytes).toBase64()), /not of text in UTF-8$/, String(bytes));
  }
});

Deno.test("readVm() takes a mebibyte and refuses one byte more", async () => {
  const longest = base64("x".repeat(MIB / 4 * 3));
  assert.equal(longest.length, MIB);
  assert.equal((await readVm(stdin(longest))).length, MIB / 4 * 3);
  await refuses(stdin(longest, "A"), /is longer than 1 MiB$/, "one byte more");
});

Deno.test("readVm() leaves unread whatever comes after the limit", async () => {
  let given = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(65));
    },
  });
  await refuses(endless, /is longer than 1 MiB$/, "input without an end");
  assert.ok(given <= MIB + 3 * 65_536, String(given));
});

Deno.test("readVm() fails with nothing but InputError", async () => {
  const chunks = fc.array(fc.oneof(fc.uint8Array(), fc.base64String(), fc.string()));
  await fc.assert(fc.asyncProperty(chunks, async (chunks) => {
    try {
      assert.equal(typeof await readVm(stdin(...chunks)), "string");
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
    }
  }));
});
