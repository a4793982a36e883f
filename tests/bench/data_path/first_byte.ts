/**
 * `first_byte ADDRESS PORT`: sends a request again and again until an answer comes. It prints when that was,
 * in milliseconds since the epoch.
 *
 * @module
 */

const [hostname = "", port] = Deno.args;
const request = new TextEncoder().encode(`GET /small HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);

async function isAnswered(): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(request);
    return await connection.read(new Uint8Array(1)) !== null;
  } catch {
    // Nothing listens yet. Or inner listens, and outer does not yet.
    return false;
  }
}

let isFirst = true;
while (!await isAnswered()) {
  if (isFirst) console.log("asking");
  isFirst = false;
  await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log(`answered ${performance.timeOrigin + performance.now()}`);
