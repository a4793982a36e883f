/**
 * The service-facing half. It has one UNIX listener for each bridge, so the socket tells the bridge of a stream. The
 * stream names the service port. Outer dials the services in its routes and nothing else.
 *
 * @module
 */

import { remotesOf } from "../address.ts";
import { TproxyError } from "../errors.ts";
import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import type { Question } from "../protocol/control.ts";
import type { AnswerLine } from "../protocol/control_answer.ts";
import { randomStringNumber } from "../protocol/hello.ts";
import type { Preamble } from "../protocol/proxy_v2.ts";
import { parseOuterRoutes } from "../protocol/parse_routes.ts";
import { streamId } from "../protocol/stream_id.ts";
import { OUTER, type OuterRole } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import { addressNumber } from "./address_number.ts";
import { close } from "./connection.ts";
import { type ControlOwner, ControlServer } from "./control_server.ts";
import type { Loaded, ProxyHalf } from "./daemon.ts";
import { Deadlines } from "./deadlines.ts";
import { Failover } from "./failover.ts";
import { type Closable, Listeners } from "./listeners.ts";
import { listenForStrings } from "./listen_unix.ts";
import { answerQuestion, type LiveStream } from "./live_stream.ts";
import type { OuterMux, StreamServer } from "./outer_mux.ts";
import { type PlainOwner, PlainStream } from "./plain_stream.ts";
import { PROBE_NUMBER, ProbeServer } from "./probe_server.ts";
import type { Quotas } from "./quota.ts";
import { ServiceChannel, type ServiceOwner } from "./service.ts";
import { ServiceAdmission } from "./service_admission.ts";
import { ServiceEvents } from "./service_events.ts";
import { Stats } from "./stats.ts";
import { StringServer } from "./string_server.ts";
import { Streams } from "./streams.ts";

/** The outer proxy of a hypervisor. */
export class Outer implements ProxyHalf, StreamServer, ServiceOwner, PlainOwner, ControlOwner {
  readonly role: OuterRole = OUTER;
  slot: number | undefined;
  readonly streams: Streams = new Streams();
  readonly failover: Failover = new Failover();
  readonly stats: Stats = new Stats("services", () => this.failover.unanswered);
  readonly events: ServiceEvents = new ServiceEvents(this.stats);
  readonly deadlines: Deadlines = new Deadlines();
  readonly #admission = new ServiceAdmission(this.stats, this.events);
  readonly #probes = new ProbeServer(this.#admission);
  /** The plain streams, their string's number in their IDs, and the last number of a channel in one. */
  readonly #plain = new Set<PlainStream>();
  readonly #number = randomStringNumber();
  #lastPlain = 0;
  readonly #listeners = new Listeners<BridgeName>((bridge) => this.#listen(bridge));

  get quotas(): Quotas {
    return this.#admission.quotas;
  }

  get listening(): BridgeName[] {
    return this.#listeners.keys;
  }

  async load(): Promise<Loaded> {
    const routes = parseOuterRoutes(await Deno.readTextFile(OUTER.routesFile));
    const { debugLevel, limits, bridges } = routes;
    this.#admission.follow(routes);
    this.failover.keepOnly(new Set([...bridges.values()].flat().flatMap(remotesOf)));
    // If somebody has removed a socket, no inner can reach it, so its listener is opened again. A socket that exists
    // stays, even if it is a successor's: to take it back would leave the successor without one.
    const isReachable = (bridge: BridgeName) => lstatIfThere(namesOf(bridge).socket) !== undefined;
    await this.#listeners.follow([...bridges.keys()].filter(isReachable));
    const notListening = await this.#listeners.follow(bridges.keys());
    return { debugLevel, limits, notListening };
  }

  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
  }

  answerRoot(slot: number): void {
    new ControlServer(this, this.deadlines).listen(slot);
  }

  answer(question: Question): Iterable<AnswerLine> {
    if (question.ask !== "trace") return answerQuestion(question, this.#live());
    const { guest, seconds } = question;
    this.events.trace(guest, seconds);
    for (const mux of this.streams.strings) (mux as OuterMux).trace(addressNumber(guest), seconds);
    return [{ omitted: 0 }];
  }

  *#live(): Generator<LiveStream> {
    for (const mux of this.streams.strings) yield* (mux as OuterMux).channels as Iterable<ServiceChannel>;
    yield* this.#plain;
  }

  #listen(bridge: BridgeName): Closable {
    if (this.slot === undefined) throw new TproxyError("Too many outer proxies run, so none of their numbers is left");
    const server = new StringServer({
      bridge,
      server: this,
      servePlain: (connection, preamble) => this.#servePlain(bridge, connection, preamble),
      deadlines: this.deadlines,
      streams: this.streams,
      stats: this.stats,
      traced: () => this.events.traced,
      headerTimeoutMs: () => this.#admission.limits.headerTimeoutMs,
    });
    const listener = listenForStrings(bridge, this.slot, (connection) => this.#enter(bridge, server, connection));
    return {
      close: async () => {
        // From now on, inner connects new guests to the process that has the socket then.
        server.goAway();
        await listener.close();
      },
    };
  }

  async #enter(bridge: BridgeName, server: StringServer, connection: Deno.UnixConn): Promise<void> {
    const quotas = this.#admission.enter(bridge);
    if (quotas === undefined) return close(connection);
    // An entry of its own: a plain stream adds its connection, and still has it when this entry goes.
    const entering: Disposable = { [Symbol.dispose]: () => close(connection) };
    this.streams.add(entering);
    await server.take(connection);
    this.streams.forget(entering);
    this.#admission.entered(quotas);
  }

  serve(mux: OuterMux, id: number, guest: number, port: number, servicePort: number): void {
    if (guest === PROBE_NUMBER) return void this.#probes.serve(mux, id, servicePort);
    const call = this.#admission.admit(mux.bridge, guest, port, servicePort);
    if (typeof call === "number") return mux.writer.reset(id, call);
    void new ServiceChannel(mux, id, call, this).dial();
  }

  ended({ call }: ServiceChannel): void {
    this.#admission.ended(call);
  }

  async #servePlain(bridge: BridgeName, connection: Deno.UnixConn, preamble: Preamble): Promise<void> {
    const { sourceAddr, sourcePort, destinationPort } = preamble;
    const call = this.#admission.admit(bridge, addressNumber(sourceAddr), sourcePort, destinationPort);
    if (typeof call === "number") return close(connection);
    this.streams.add(connection);
    const stream = new PlainStream(streamId(this.#number, ++this.#lastPlain), bridge, connection, preamble, call);
    this.#plain.add(stream);
    await stream.serve(this);
    this.#plain.delete(stream);
    this.streams.end(connection);
    this.#admission.ended(call);
  }
}
