/**
 * `hold ADDRESS PORT COUNT`: opens connections, makes a request on each, and keeps them open. It prints a line once all
 * are open.
 *
 * @module
 */

const [hostname = "", port, count] = Deno.args;

/** How many connections to open at once. So many fit into the backlog of every contender. */
const AT_ONCE = 50;

const request = new TextEncoder().encode(`GET /small HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
const held: Deno.Conn[] = [];

async function open(): Promise<void> {
  const connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(request);
  if (await connection.read(new Uint8Array(4096)) === null) throw new Error("A connection was closed");
  held.push(connection);
}

while (held.length < Number(count)) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - held.length) }, open));
}
console.log(`pid ${Deno.pid} holds ${held.length}`);
// The process stays until it is killed.
setInterval(() => held.length, 60_000);
