import assert from "node:assert/strict";
import { Failover, RETRY_MS } from "./failover.ts";

const SERVICE = { remoteAddr: "10.0.0.1", remotePort: 80, backupAddrs: ["10.0.0.2", "10.0.0.3"] };
const TIMEOUT_MS = 60;

/** How the network treats an address. */
type How = "answers" | "refuses" | "is silent";

/** Services on a network, and what was dialled. */
class Network {
  readonly dialled: string[] = [];
  readonly how: Record<string, How>;
  closed = 0;
  now = 0;
  readonly failover = new Failover((options) => this.#connect(options), () => this.now);

  constructor(...how: How[]) {
    this.how = Object.fromEntries(how.map((how, i) => [`10.0.0.${i + 1}`, how]));
  }

  async #connect({ hostname = "", signal }: Deno.ConnectOptions): Promise<Deno.TcpConn> {
    this.dialled.push(hostname.slice(-1));
    const how = this.how[hostname];
    if (how === "refuses") throw new Deno.errors.ConnectionRefused("refused");
    if (how === "answers") return { hostname, [Symbol.dispose]: () => this.closed++ } as unknown as Deno.TcpConn;
    return await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }

  /** Dials, and tells what was dialled and who answered. */
  async dial(signal = new AbortController().signal): Promise<string> {
    this.dialled.length = 0;
    const connection = await this.failover.dial(SERVICE, TIMEOUT_MS, signal) as unknown as { hostname: string };
    return `${this.dialled.join("")} ${connection.hostname.slice(-1)}`;
  }
}

Deno.test("dial() prefers the first address, and dials no other while it answers", async () => {
  const network = new Network("answers", "answers", "answers");
  for (let i = 0; i < 3; i++) assert.equal(await network.dial(), "1 1");
  assert.deepEqual(network.failover.unanswered, []);
});

Deno.test("dial() goes on to the next address, and remembers who does not answer", async () => {
  for (const how of ["refuses", "is silent"] as const) {
    const network = new Network(how, how, "answers");
    assert.equal(await network.dial(), "123 3");
    assert.deepEqual(network.failover.unanswered, ["10.0.0.1:80", "10.0.0.2:80"]);
    assert.equal(await network.dial(), "3 3");
  }
});

Deno.test("dial() has one stream try the first address again after a while, and comes back when it answers", async () => {
  const network = new Network("refuses", "answers", "answers");
  await network.dial();
  network.now += RETRY_MS - 1;
  assert.equal(await network.dial(), "2 2");
  network.now += 1;
  assert.equal(await network.dial(), "12 2");
  assert.equal(await network.dial(), "2 2");
  network.how["10.0.0.1"] = "is silent";
  network.now += RETRY_MS;
  assert.equal(await network.dial(), "12 2");
  assert.equal(await network.dial(), "2 2");
  network.how["10.0.0.1"] = "answers";
  network.now += RETRY_MS;
  assert.equal(await network.dial(), "1 1");
  assert.deepEqual(network.failover.unanswered, []);
});

Deno.test("dial() lets no second stream wait while one tries the first address again", async () => {
  const network = new Network("is silent", "answers");
  await network.dial();
  network.now += RETRY_MS;
  const trying = network.dial();
  assert.equal(await network.dial(), "2 2");
  assert.match(await trying, / 2$/);
});

Deno.test("dial() names every address if none answers, and then tries them in their order", async () => {
  const network = new Network("refuses", "refuses", "refuses");
  const why = (n: number) => `10.0.0.${n}:80: ConnectionRefused: refused`;
  await assert.rejects(network.dial(), { name: "AggregateError", message: [1, 2, 3].map(why).join("; ") });
  network.how["10.0.0.1"] = "answers";
  assert.equal(await network.dial(), "1 1");
});

Deno.test("dial() counts a timeout against the addresses that were dialled, and a guest that gives up against none", async () => {
  const network = new Network("is silent", "is silent", "is silent");
  const abort = async (reason: unknown) => {
    const aborted = new AbortController();
    const dialling = network.dial(aborted.signal);
    aborted.abort(reason);
    await assert.rejects(dialling);
  };
  await abort(new Error("the guest is gone"));
  assert.deepEqual(network.failover.unanswered, []);
  await abort(new Deno.errors.TimedOut("too late"));
  assert.deepEqual(network.failover.unanswered, ["10.0.0.1:80"]);
  await assert.rejects(network.dial(AbortSignal.abort(new Error("too late"))), { message: "too late" });
});

Deno.test("keepOnly() forgets addresses that no service has", async () => {
  const network = new Network("refuses", "refuses", "answers");
  await network.dial();
  network.failover.keepOnly(new Set(["10.0.0.2:80", "10.0.0.9:80"]));
  assert.deepEqual(network.failover.unanswered, ["10.0.0.2:80"]);
});
