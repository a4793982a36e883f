/**
 * The service-facing half: one UNIX listener for each bridge, so the socket that a stream comes in on is its network;
 * the stream's preamble says which of that network's services it is for. It dials what its routes name and nothing else.
 *
 * @module
 */

import { type Endpoint, remoteOf } from "../address.ts";
import { describe } from "../errors.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, namesOf, OUTER_LOG, RUN_FILES, type Title, TPROXY } from "../names.ts";
import { type OuterRoutes, parseOuterRoutes } from "../routes.ts";
import { acceptAll } from "./accept.ts";
import type { Loaded, Proxy } from "./daemon.ts";
import { type Closable, Listeners } from "./listeners.ts";
import { FIXED_LENGTH, parseAddresses, parseFixedPart, type Preamble } from "./preamble.ts";
import { close, readFull, relay } from "./relay.ts";
import { Stats } from "./stats.ts";
import { Streams } from "./streams.ts";

const log = getLogger("outer");

/** An inner proxy sends its preamble at once; nobody else may hold a descriptor for longer. */
const PREAMBLE_TIMEOUT_MS = 5_000;

/** How long a service may take to accept. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A listener closes when nothing has come in for this long: what its backlog held when a successor took over. */
const BACKLOG_GRACE_MS = 50;

/** The outer proxy of a hypervisor. */
export class Outer implements Proxy {
  readonly title: Title = TPROXY;
  readonly log: string = OUTER_LOG;
  readonly statsFile: string = RUN_FILES.outerStats;
  readonly streams: Streams = new Streams();
  readonly stats: Stats = new Stats();
  #routes: OuterRoutes["bridges"] = new Map();
  readonly #inodes = new Map<BridgeName, number | null>();
  readonly #listeners = new Listeners<BridgeName>((bridge) => this.#listen(bridge));

  /** See {@linkcode Proxy}. */
  get listening(): BridgeName[] {
    return this.#listeners.keys;
  }

  /** See {@linkcode Proxy}. */
  async load(): Promise<Loaded> {
    const { debugLevel, bridges } = parseOuterRoutes(await Deno.readTextFile(RUN_FILES.outerRoutes));
    this.#routes = bridges;
    // A socket that somebody has removed, or replaced, is one that no inner can reach.
    const reachable = await Promise.all([...bridges.keys()].map(async (bridge) => {
      return await inodeOf(namesOf(bridge).socket) === this.#inodes.get(bridge) ? [bridge] : [];
    }));
    await this.#listeners.follow(reachable.flat());
    return { debugLevel, notListening: await this.#listeners.follow(bridges.keys()) };
  }

  /** See {@linkcode Proxy}. */
  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
  }

  async #listen(bridge: BridgeName): Promise<Closable> {
    const { socket, nextSocket } = namesOf(bridge);
    // Bound under another name and renamed, the new socket takes over from an old one, or from a stale file, with no
    // moment at which a guest would find none.
    await removeSocket(nextSocket);
    const listener = Deno.listen({ transport: "unix", path: nextSocket });
    const { ino } = await Deno.stat(nextSocket);
    await Deno.rename(nextSocket, socket);
    this.#inodes.set(bridge, ino);
    let latest = performance.now();
    const accepting = acceptAll(listener, (string) => {
      latest = performance.now();
      return this.streams.track(string as Deno.UnixConn, (string) => this.#serve(bridge, string));
    }, { bridge });
    return {
      close: async () => {
        if (await inodeOf(socket) === ino) await removeSocket(socket);
        latest = Math.max(latest, performance.now());
        for (let left = BACKLOG_GRACE_MS; left > 0; left = latest + BACKLOG_GRACE_MS - performance.now()) {
          await new Promise((resolve) => setTimeout(resolve, left));
        }
        close(listener);
        await accepting;
      },
    };
  }

  async #serve(bridge: BridgeName, string: Deno.UnixConn): Promise<void> {
    this.stats.opened();
    const preamble = await this.#greet(bridge, string);
    if (preamble === undefined) return;
    const { sourceAddr, sourcePort, destinationPort: port } = preamble;
    const fields = { bridge, guest: `${sourceAddr}:${sourcePort}`, port };
    const endpoint = this.#routes.get(bridge)?.find((endpoint) => endpoint.servicePort === port);
    if (endpoint === undefined) {
      this.stats.failedWith(`The network of ${bridge} has no service on port ${port}`);
      log.warning("Refused a guest: its network has no such service", fields);
      return;
    }
    const service = await this.#dial(endpoint, fields);
    if (service === undefined) return;
    const { up, down, error } = await relay(string, service);
    this.stats.closed(up, down);
    const remote = remoteOf(endpoint);
    log.debug("Closed", { ...fields, remote, up, down, ...(error === undefined ? {} : { error: describe(error) }) });
  }

  async #greet(bridge: BridgeName, string: Deno.UnixConn): Promise<Preamble | undefined> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      close(string);
    }, PREAMBLE_TIMEOUT_MS);
    try {
      const fixed = new Uint8Array(FIXED_LENGTH);
      await readFull(string, fixed);
      const rest = new Uint8Array(parseFixedPart(fixed));
      await readFull(string, rest);
      return parseAddresses(rest);
    } catch (error) {
      const why = isLate ? `it was not all there after ${PREAMBLE_TIMEOUT_MS / 1000} seconds` : describe(error);
      this.stats.failedWith(`A stream of ${bridge} had no good preamble: ${why}`);
      log.warning("Refused a stream without a good preamble", { bridge, error: why });
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #dial(endpoint: Endpoint, fields: Readonly<Record<string, unknown>>): Promise<Deno.TcpConn | undefined> {
    const remote = remoteOf(endpoint);
    try {
      const service = await Deno.connect({
        hostname: endpoint.remoteAddr,
        port: endpoint.remotePort,
        signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS),
      });
      service.setNoDelay(true);
      service.setKeepAlive(true);
      log.debug("Opened", { ...fields, remote });
      return service;
    } catch (error) {
      this.stats.failedWith(`Cannot reach ${remote}: ${describe(error)}`);
      log.warning("Cannot reach the service", { ...fields, remote, error: describe(error) });
      return undefined;
    }
  }
}

async function inodeOf(path: string): Promise<number | null | undefined> {
  try {
    return (await Deno.stat(path)).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeSocket(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
