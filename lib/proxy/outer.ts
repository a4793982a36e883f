/**
 * The service-facing half. It has one UNIX listener for each bridge, so the socket tells the bridge of a stream. The
 * stream names the service port. Outer dials the services in its routes and nothing else.
 *
 * @module
 */

import { type Endpoint, remoteOf, remotesOf } from "../address.ts";
import { describe } from "../errors.ts";
import { describeEnd } from "./describe_end.ts";
import { log } from "../log.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { type BridgeName, namesOf } from "../names.ts";
import type { Question } from "../protocol/control.ts";
import type { AnswerLine } from "../protocol/control_answer.ts";
import { RESET } from "../protocol/frames.ts";
import { randomStringNumber } from "../protocol/hello.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import { parseOuterRoutes } from "../protocol/routes.ts";
import { type StreamId, streamId } from "../protocol/stream_id.ts";
import { OUTER, type OuterRole } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import { close } from "./connection.ts";
import { type ControlOwner, ControlServer } from "./control_server.ts";
import type { Loaded, ProxyHalf } from "./daemon.ts";
import { Deadlines } from "./deadlines.ts";
import { Failover } from "./failover.ts";
import { Listeners } from "./listeners.ts";
import { listenForStrings } from "./listen_unix.ts";
import type { OuterMux, StreamServer } from "./outer_mux.ts";
import { answerQuestion, KILLED, type LiveStream } from "./live_stream.ts";
import { PlainStream, servePlain } from "./plain_stream.ts";
import { type Claim, Quotas } from "./quota.ts";
import { RateLimitedLog } from "./rate_limited_log.ts";
import { addressNumber, type Call, dotted, ServiceChannel, type ServiceEnd, type ServiceOwner } from "./service.ts";
import { Stats } from "./stats.ts";
import { StringServer } from "./string_server.ts";
import { Streams } from "./streams.ts";
import { Traces } from "./traces.ts";

/** The outer proxy of a hypervisor. */
export class Outer implements ProxyHalf, StreamServer, ServiceOwner, ControlOwner {
  readonly role: OuterRole = OUTER;
  readonly streams: Streams = new Streams();
  readonly quotas: Quotas = new Quotas();
  readonly failover: Failover = new Failover();
  readonly stats: Stats = new Stats("services", () => this.failover.unanswered);
  /** The quotas of connections that have sent no hello or preamble yet. They have the same limits as streams. */
  readonly #entering = new Quotas();
  #routes: ReadonlyMap<BridgeName, ReadonlyMap<number, Endpoint>> = new Map();
  #limits: Limits = DEFAULT_LIMITS;
  readonly #deadlines = new Deadlines();
  readonly #traces = new Traces();
  /** The plain streams, their string's number in their IDs, and the last number of a channel in one. */
  readonly #plain = new Set<PlainStream>();
  readonly #number = randomStringNumber();
  #lastPlain = 0;
  readonly #refusals = new RateLimitedLog((fields) => log.warning("Refused a stream: too many", fields));
  readonly #failures = new RateLimitedLog((fields) => log.error("Cannot reach the service", fields));
  readonly #unserved = new RateLimitedLog((fields) =>
    log.warning("Refused a guest: its network has no such service", fields)
  );
  readonly #listeners = new Listeners<BridgeName>((bridge) => this.#listen(bridge));

  get listening(): BridgeName[] {
    return this.#listeners.keys;
  }

  async load(): Promise<Loaded> {
    const { debugLevel, limits, bridges } = parseOuterRoutes(await Deno.readTextFile(OUTER.routesFile));
    this.#routes = new Map([...bridges].map(([bridge, endpoints]) => {
      // If a port has two endpoints, the first one counts.
      return [bridge, new Map(endpoints.toReversed().map((endpoint) => [endpoint.servicePort, endpoint]))];
    }));
    this.stats.keep((port, bridge) => this.#routes.get(bridge as BridgeName)?.has(port) ?? false);
    this.#limits = limits;
    this.failover.keepOnly(new Set([...bridges.values()].flat().flatMap(remotesOf)));
    // If somebody has removed a socket, no inner can reach it, so its listener is opened again. A socket that exists
    // stays, even if it is a successor's: to take it back would leave the successor without one.
    const reachable = await Promise.all([...bridges.keys()].map(async (bridge) => {
      return await lstatIfThere(namesOf(bridge).socket) === undefined ? [] : [bridge];
    }));
    await this.#listeners.follow(reachable.flat());
    const notListening = await this.#listeners.follow(bridges.keys());
    return { debugLevel, limits, notListening };
  }

  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
  }

  async answerRoot(slot: number): Promise<void> {
    await new ControlServer(this, this.#deadlines).listen(slot);
  }

  answer(question: Question): Iterable<AnswerLine> {
    if (question.ask !== "trace") return answerQuestion(question, this.#live());
    const { guest, seconds } = question;
    this.#traces.add(addressNumber(guest), performance.now() + seconds * 1000);
    log.info("Logging a guest's streams for a time", { guest, seconds });
    return [{ omitted: 0 }];
  }

  /** Tells whether a guest's streams are logged now. */
  #isLogged(guest: number): boolean {
    return log.enabled("debug") || this.#traces.has(guest);
  }

  *#live(): Generator<LiveStream> {
    for (const mux of this.streams.strings) yield* (mux as OuterMux).channels as Iterable<ServiceChannel>;
    yield* this.#plain;
  }

  async #listen(bridge: BridgeName): Promise<{ close(): Promise<void> }> {
    const server = new StringServer({
      bridge,
      server: this,
      servePlain: (connection, preamble) => this.#servePlain(bridge, connection, preamble),
      deadlines: this.#deadlines,
      streams: this.streams,
      stats: this.stats,
      headerTimeoutMs: () => this.#limits.headerTimeoutMs,
    });
    const listener = await listenForStrings(bridge, (connection) => this.#enter(bridge, server, connection));
    return {
      close: async () => {
        // From now on, inner connects new guests to the process that has the socket then.
        server.goAway();
        await listener.close();
      },
    };
  }

  async #enter(bridge: BridgeName, server: StringServer, connection: Deno.UnixConn): Promise<void> {
    const claims = this.#claims(bridge);
    if (!this.#admit(this.#entering, bridge, undefined, claims)) return close(connection);
    // An entry of its own: a plain stream adds its connection, and still has it when this entry goes.
    const entering: Disposable = { [Symbol.dispose]: () => close(connection) };
    this.streams.add(entering);
    await server.take(connection);
    this.streams.forget(entering);
    this.#entering.giveBack(claims);
  }

  #claims(bridge: BridgeName): Claim[] {
    const { maxConnections, maxConnectionsPerBridge } = this.#limits;
    return [
      { of: "", max: maxConnections, limit: "tproxy_max_connections" },
      { of: bridge, max: maxConnectionsPerBridge, limit: "tproxy_max_connections_per_bridge" },
    ];
  }

  #admit(quotas: Quotas, bridge: BridgeName, endpoint: Endpoint | undefined, claims: readonly Claim[]): boolean {
    const refused = quotas.take(claims);
    if (refused === undefined) return true;
    this.stats.refused(this.stats.of(endpoint?.servicePort ?? 0, bridge), refused.limit);
    this.#refusals.note(`${refused.limit} ${bridge}`, { bridge, limit: `:${refused.limit}:`, max: refused.max });
    return false;
  }

  serve(mux: OuterMux, id: number, guest: number, port: number, servicePort: number): void {
    const claims = this.#claims(mux.bridge);
    const endpoint = this.#routes.get(mux.bridge)?.get(servicePort);
    if (!this.#admit(this.quotas, mux.bridge, endpoint, claims)) return mux.writer.reset(id, RESET.refused);
    if (endpoint === undefined) {
      this.stats.opened(undefined);
      this.quotas.giveBack(claims);
      this.#refuse(mux.bridge, `${dotted(guest)}:${port}`, servicePort);
      return mux.writer.reset(id, RESET.unreachable);
    }
    const call = this.#call(mux.bridge, guest, port, endpoint, claims);
    this.stats.opened(call.counter);
    const channel = new ServiceChannel(mux, id, call, this);
    if (this.#traces.has(guest)) log.always("Connecting", fieldsOf(channel));
    void channel.dial();
  }

  #call(bridge: BridgeName, guest: number, port: number, endpoint: Endpoint, claims: readonly Claim[]): Call {
    const { options = {} } = endpoint;
    return {
      guest,
      port,
      endpoint,
      claims,
      counter: this.stats.of(endpoint.servicePort, bridge),
      connectTimeoutMs: options.connectTimeoutMs ?? this.#limits.connectTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs ?? this.#limits.idleTimeoutMs,
    };
  }

  #refuse(bridge: BridgeName, guest: string, port: number): void {
    this.stats.failedWith(`The network of ${bridge} has no service on port ${port}`);
    this.#unserved.note(`${bridge} ${port}`, { bridge, guest, port });
  }

  async #servePlain(bridge: BridgeName, connection: Deno.UnixConn, preamble: Preamble): Promise<void> {
    const claims = this.#claims(bridge);
    const { sourceAddr, sourcePort, destinationPort: port } = preamble;
    const endpoint = this.#routes.get(bridge)?.get(port);
    if (!this.#admit(this.quotas, bridge, endpoint, claims)) return close(connection);
    this.streams.add(connection);
    const guest = `${sourceAddr}:${sourcePort}`;
    if (endpoint === undefined) {
      this.stats.opened(undefined);
      this.#refuse(bridge, guest, port);
    } else {
      const id = streamId(this.#number, ++this.#lastPlain);
      const stream = new PlainStream(id, bridge, connection, preamble, endpoint);
      const fields = { stream: id, bridge, guest, port, remote: remotesOf(endpoint).join(" ") };
      this.#plain.add(stream);
      const call = this.#call(bridge, 0, sourcePort, endpoint, claims);
      this.stats.opened(call.counter);
      const end = await servePlain(connection, preamble, call, {
        deadlines: this.#deadlines,
        failover: this.failover,
        opened: (remoteAddr) => {
          stream.remoteAddr = remoteAddr;
          stream.hasBegun = true;
          fields.remote = remoteOf({ ...endpoint, remoteAddr });
          if (this.#isLogged(addressNumber(sourceAddr))) log.always("Opened", fields);
        },
        failed: (error) => this.#fail(fields, call, error),
        count: (down, up) => {
          stream.moved(up, down);
          this.#moved(call, up, down);
        },
      });
      this.#plain.delete(stream);
      call.counter.ended();
      if (end !== undefined && this.#isLogged(addressNumber(sourceAddr))) {
        this.#logClosed(fields, stream.openedAt, stream.isKilled ? { ...end, error: KILLED } : end);
      }
    }
    this.streams.end(connection);
    this.quotas.giveBack(claims);
  }

  opened(channel: ServiceChannel): void {
    if (this.#isLogged(channel.call.guest)) log.always("Opened", fieldsOf(channel));
  }

  moved(channel: ServiceChannel, up: number, down: number): void {
    this.#moved(channel.call, up, down);
  }

  #moved({ counter }: Call, up: number, down: number): void {
    this.stats.moved(down, up);
    counter.moved(up, down);
  }

  failed(channel: ServiceChannel, error: unknown): void {
    this.#fail(fieldsOf(channel), channel.call, error);
  }

  ended(channel: ServiceChannel, end: ServiceEnd): void {
    const { call: { guest }, hasBegun, openedAt } = channel;
    const isLogged = hasBegun ? this.#isLogged(guest) : this.#traces.has(guest);
    if (isLogged) this.#logClosed(fieldsOf(channel), openedAt, end);
    this.quotas.giveBack(channel.call.claims);
    channel.call.counter.ended();
  }

  #fail(fields: ReturnType<typeof fieldsOf>, { counter }: Call, error: unknown): void {
    counter.failed();
    const { bridge, port, remote } = fields;
    this.stats.failedWith(`Cannot reach ${remote}: ${describe(error)}`);
    this.#failures.note(`${bridge} ${port} ${remote}`, { ...fields, error: describe(error) });
  }

  #logClosed(fields: ReturnType<typeof fieldsOf>, openedAt: number, { up, down, error }: ServiceEnd): void {
    log.always("Closed", { ...fields, up, down, ...describeEnd(openedAt, error) });
  }
}

/** The fields to log with a stream. */
function fieldsOf(
  channel: ServiceChannel,
): { stream: StreamId; bridge: BridgeName; guest: string; port: number; remote: string } {
  const { call, mux, answeredBy } = channel;
  const { guest, port, endpoint } = call;
  return {
    stream: channel.streamId,
    bridge: (mux as OuterMux).bridge,
    guest: `${dotted(guest)}:${port}`,
    port: endpoint.servicePort,
    remote: answeredBy === undefined
      ? remotesOf(endpoint).join(" ")
      : remoteOf({ ...endpoint, remoteAddr: answeredBy }),
  };
}
