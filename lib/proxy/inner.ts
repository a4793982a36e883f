/**
 * The guest-facing half: it listens at 169.254.16.9 inside a bridge's namespace and passes every connection down the
 * string, behind a preamble that says who called. It knows no remote address.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { getLogger } from "../log.ts";
import { type BridgeName, type BridgeNames, GUEST_ADDRESS, namesOf, type Title } from "../names.ts";
import { parseInnerRoutes } from "../routes.ts";
import { acceptAll } from "./accept.ts";
import type { Loaded, Proxy } from "./daemon.ts";
import { Listeners } from "./listeners.ts";
import { encodePreamble } from "./preamble.ts";
import { close, relay, writeAll } from "./relay.ts";
import { Stats } from "./stats.ts";
import { Streams } from "./streams.ts";

const log = getLogger("inner");

/** The inner proxy of one bridge. */
export class Inner implements Proxy {
  readonly streams: Streams = new Streams();
  readonly stats: Stats = new Stats();
  readonly #names: BridgeNames;
  readonly #listeners = new Listeners<number>((port) => Promise.resolve(this.#listen(port)));

  /**
   * Makes the proxy; it serves nothing before it is loaded.
   *
   * @param bridge The bridge whose guests it serves.
   */
  constructor(bridge: BridgeName) {
    this.#names = namesOf(bridge);
  }

  /** See {@linkcode Proxy}. */
  get title(): Title {
    return this.#names.title;
  }

  /** See {@linkcode Proxy}. */
  get log(): string {
    return this.#names.log;
  }

  /** See {@linkcode Proxy}. */
  get statsFile(): string {
    return this.#names.statsFile;
  }

  /** See {@linkcode Proxy}. */
  get listening(): number[] {
    return this.#listeners.keys;
  }

  /** See {@linkcode Proxy}. */
  async load(): Promise<Loaded> {
    const { debugLevel, ports } = parseInnerRoutes(await Deno.readTextFile(this.#names.portsFile));
    return { debugLevel, notListening: await this.#listeners.follow(ports) };
  }

  /** See {@linkcode Proxy}. */
  async stopListening(): Promise<void> {
    await this.#listeners.follow([]);
  }

  #listen(port: number): Deno.TcpListener {
    // A successor listens beside its predecessor until that one has closed.
    const listener = Deno.listen({ hostname: GUEST_ADDRESS, port, reusePort: true });
    const fields = { bridge: this.#names.bridge, port };
    void acceptAll(
      listener,
      (guest) => this.streams.track(guest as Deno.TcpConn, (guest) => this.#serve(guest, port)),
      fields,
    );
    return listener;
  }

  async #serve(guest: Deno.TcpConn, port: number): Promise<void> {
    const { hostname, port: guestPort } = guest.remoteAddr;
    const fields = { bridge: this.#names.bridge, guest: `${hostname}:${guestPort}`, port };
    this.stats.opened();
    let string: Deno.UnixConn | undefined;
    try {
      guest.setNoDelay(true);
      guest.setKeepAlive(true);
      string = await Deno.connect({ transport: "unix", path: this.#names.socket });
      await writeAll(
        string,
        encodePreamble({
          sourceAddr: hostname,
          sourcePort: guestPort,
          destinationAddr: GUEST_ADDRESS,
          destinationPort: port,
        }),
      );
    } catch (error) {
      if (string !== undefined) close(string);
      this.stats.failedWith(`Cannot pass a guest on to the outer proxy: ${describe(error)}`);
      log.warning("Cannot pass the guest on to the outer proxy", { ...fields, error: describe(error) });
      return;
    }
    log.debug("Opened", fields);
    const { up, down, error } = await relay(guest, string);
    this.stats.closed(up, down);
    log.debug("Closed", { ...fields, up, down, ...(error === undefined ? {} : { error: describe(error) }) });
  }
}
