/**
 * The service-facing half: one UNIX listener for each bridge, so the socket that a stream comes in on is its network;
 * the stream's preamble says which of that network's services it is for. It dials what its routes name and nothing else.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { type BridgeName, namesOf } from "../names.ts";
import { type OuterRoutes, parseOuterRoutes } from "../protocol/routes.ts";
import { OUTER, type OuterRole } from "../role.ts";
import { lstatIfThere } from "../run_dir.ts";
import { acceptAll, backlogEmpty } from "./accept.ts";
import { giveBuffer } from "./buffers.ts";
import type { Loaded, Proxy } from "./daemon.ts";
import { Deadlines } from "./deadlines.ts";
import { greet, type Greeting, openingFor } from "./receive_preamble.ts";
import { type Closable, Listeners } from "./listeners.ts";
import { NowAndThen } from "./rate_limited_log.ts";
import { type Claim, Places } from "./quota.ts";
import { close, relay, writeAll } from "./relay.ts";
import { Stats } from "./stats.ts";
import { Streams } from "./streams.ts";

/** What to log with a stream. */
interface Fields extends Readonly<Record<string, unknown>> {
  readonly bridge: BridgeName;
  readonly guest: string;
  readonly port: number;
  readonly remote: string;
}

/** A stream that has reached its service. */
interface Opened {
  readonly service: Deno.TcpConn;
  /** How many of the guest's bytes it was sent. */
  readonly sent: number;
  readonly idleTimeoutMs: number;
  readonly fields: Fields;
}

/** The outer proxy of a hypervisor. */
export class Outer implements Proxy {
  readonly role: OuterRole = OUTER;
  readonly streams: Streams = new Streams();
  readonly stats: Stats = new Stats("services");
  readonly places: Places = new Places();
  #routes: OuterRoutes["bridges"] = new Map();
  #limits: Limits = DEFAULT_LIMITS;
  readonly #deadlines = new Deadlines();
  readonly #refusals = new NowAndThen((fields) => log.warning("Refused a stream: too many", fields));
  readonly #failures = new NowAndThen((fields) => log.error("Cannot reach the service", fields));
  readonly #strangers = new NowAndThen((fields) => log.warning("Refused a stream without a good preamble", fields));
  readonly #unserved = new NowAndThen((fields) =>
    log.warning("Refused a guest: its network has no such service", fields)
  );
  readonly #listeners = new Listeners<BridgeName>((bridge) => this.#listen(bridge));

  /** See {@linkcode Proxy}. */
  get listening(): BridgeName[] {
    return this.#listeners.keys;
  }

  /** See {@linkcode Proxy}. */
  async load(): Promise<Loaded> {
    const { debugLevel, limits, bridges } = parseOuterRoutes(await Deno.readTextFile(OUTER.routesFile));
    this.#routes = bridges;
    this.#limits = limits;
    // A socket that somebody has removed is one that no inner can reach. One that is another's is a successor's: to take it
    // back would leave that one without any.
    const reachable = await Promise.all([...bridges.keys()].map(async (bridge) => {
      return await lstatIfThere(namesOf(bridge).socket) === undefined ? [] : [bridge];
    }));
    await this.#listeners.follow(reachable.flat());
    const notListening = await this.#listeners.follow(bridges.keys());
    return { debugLevel, limits, notListening };
  }

  /** See {@linkcode Proxy}. */
  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
  }

  async #listen(bridge: BridgeName): Promise<Closable> {
    const { stringDir, socket, nextSocket } = namesOf(bridge);
    // Bound under another name and renamed, the new socket takes over from an old one, or from a stale file, with no
    // moment at which a guest would find none.
    await removeSocket(nextSocket);
    const listener = Deno.listen({ transport: "unix", path: nextSocket });
    const { ino } = await Deno.stat(nextSocket);
    // Inner is of the folder's group. Nobody else gets this far, but for who runs as outer's user.
    await Deno.chown(nextSocket, null, (await Deno.stat(stringDir)).gid);
    await Deno.chmod(nextSocket, 0o660);
    await Deno.rename(nextSocket, socket);
    let accepted = 0;
    const accepting = acceptAll(listener, (string) => {
      accepted++;
      return this.#admit(bridge, string as Deno.UnixConn);
    }, { bridge });
    return {
      close: async () => {
        if ((await lstatIfThere(socket))?.ino === ino) await removeSocket(socket);
        await backlogEmpty(() => accepted);
        close(listener);
        await accepting;
      },
    };
  }

  #admit(bridge: BridgeName, string: Deno.UnixConn): Promise<void> {
    const { maxConnections, maxConnectionsPerBridge } = this.#limits;
    const claims: Claim[] = [
      { of: "", max: maxConnections, limit: ":tproxy_max_connections:" },
      { of: bridge, max: maxConnectionsPerBridge, limit: ":tproxy_max_connections_per_bridge:" },
    ];
    const refused = this.places.take(claims);
    if (refused !== undefined) {
      close(string);
      this.stats.refused();
      this.#refusals.note(`${refused.limit} ${bridge}`, { bridge, limit: refused.limit, max: refused.max });
      return Promise.resolve();
    }
    return this.#serve(bridge, string, claims);
  }

  async #serve(bridge: BridgeName, string: Deno.UnixConn, claims: readonly Claim[]): Promise<void> {
    this.stats.opened();
    this.streams.add(string);
    try {
      const opened = await this.#open(bridge, string);
      if (opened === undefined) return;
      const { service, sent, idleTimeoutMs, fields } = opened;
      const { fromPeer: down, fromString, error } = await relay(service, string, {
        deadlines: this.#deadlines,
        idleTimeoutMs,
        traffic: this.stats.traffic,
      });
      const up = sent + fromString;
      log.debug("Closed", { ...fields, up, down, ...(error === undefined ? {} : { error: describe(error) }) });
    } finally {
      this.streams.end(string);
      this.places.giveBack(claims);
    }
  }

  async #open(bridge: BridgeName, string: Deno.UnixConn): Promise<Opened | undefined> {
    const greeting = await this.#greet(bridge, string);
    if (greeting === undefined) return undefined;
    using _buffer = { [Symbol.dispose]: () => giveBuffer(greeting.buffer) };
    const { sourceAddr, sourcePort, destinationPort: port } = greeting.preamble;
    const caller = { bridge, guest: `${sourceAddr}:${sourcePort}`, port };
    const endpoint = this.#routes.get(bridge)?.find((endpoint) => endpoint.servicePort === port);
    if (endpoint === undefined) {
      this.stats.failedWith(`The network of ${bridge} has no service on port ${port}`);
      this.#unserved.note(`${bridge} ${port}`, caller);
      return undefined;
    }
    const fields = { ...caller, remote: remoteOf(endpoint) };
    const service = await this.#dial(endpoint, greeting, fields);
    if (service === undefined) return undefined;
    this.stats.sentAhead(greeting.body.length);
    const idleTimeoutMs = endpoint.options?.idleTimeoutMs ?? this.#limits.idleTimeoutMs;
    return { service, sent: greeting.body.length, idleTimeoutMs, fields };
  }

  async #greet(bridge: BridgeName, string: Deno.UnixConn): Promise<Greeting | undefined> {
    const { headerTimeoutMs } = this.#limits;
    let isLate = false;
    using _deadline = this.#deadlines.within(headerTimeoutMs, () => {
      isLate = true;
      close(string);
    });
    try {
      const greeting = await greet(string);
      if (greeting === undefined) log.debug("Answered a health check", { bridge });
      return greeting;
    } catch (error) {
      const why = isLate ? `it was not all there after ${headerTimeoutMs / 1000} seconds` : describe(error);
      this.stats.failedWith(`A stream of ${bridge} had no good preamble: ${why}`);
      this.#strangers.note(`${bridge} ${why}`, { bridge, error: why });
      return undefined;
    }
  }

  async #dial(
    endpoint: Endpoint,
    greeting: Greeting,
    fields: Fields,
  ): Promise<Deno.TcpConn | undefined> {
    const timeoutMs = endpoint.options?.connectTimeoutMs ?? this.#limits.connectTimeoutMs;
    const controller = new AbortController();
    using _deadline = this.#deadlines.within(timeoutMs, () => {
      controller.abort(new Deno.errors.TimedOut(`it did not accept within ${timeoutMs / 1000} seconds`));
    });
    let service: Deno.TcpConn | undefined;
    try {
      service = await Deno.connect({
        hostname: endpoint.remoteAddr,
        port: endpoint.remotePort,
        signal: controller.signal,
      });
      service.setNoDelay(true);
      service.setKeepAlive(true);
      const opening = openingFor(greeting, endpoint.options?.proxyProtocol);
      if (opening.length > 0) await writeAll(service, opening);
      log.debug("Opened", fields);
      return service;
    } catch (error) {
      if (service !== undefined) close(service);
      const { bridge, port, remote } = fields;
      this.stats.failedWith(`Cannot reach ${remote}: ${describe(error)}`);
      this.#failures.note(`${bridge} ${port} ${remote}`, { ...fields, error: describe(error) });
      return undefined;
    }
  }
}

async function removeSocket(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
