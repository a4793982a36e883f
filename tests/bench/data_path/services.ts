/**
 * The services of the benchmark: nginx with a small file, and iperf3.
 *
 * @module
 */

import { until } from "../../../packaging/command.ts";
import type { Host } from "../../lab/host.ts";
import type { Ports } from "./contender.ts";

/** The address of the services. */
export const GATE = "10.11.12.13";

/** The port that nginx listens on. */
export const HTTP_PORT = 80;

/** The services of a contender: its own port, and the port of the service. */
export function servicesOf({ http, iperf, flood }: Ports): readonly (readonly [number, number])[] {
  return [[http, HTTP_PORT], [iperf, iperf], [flood, flood]];
}

/** The path of the small file. */
export const SMALL_FILE = "/small";

const DIR = "/run/bench";

/** No log, no limit on requests, and long timeouts, so that nginx does not affect what is measured. */
const NGINX = `daemon off; user root; worker_processes 1; worker_rlimit_nofile 65536; pid ${DIR}/pid;
error_log ${DIR}/error.log;
events { worker_connections 16384; }
http {
  access_log off; open_file_cache max=16; sendfile on; tcp_nopush on;
  keepalive_timeout 1h; keepalive_requests 1000000000; client_header_timeout 1h;
  client_body_temp_path ${DIR}; proxy_temp_path ${DIR}; fastcgi_temp_path ${DIR};
  uwsgi_temp_path ${DIR}; scgi_temp_path ${DIR};
  server { listen ${HTTP_PORT} backlog=4096; root ${DIR}/files; }
}
`;

/** Starts nginx, and two iperf3 for each contender: an iperf3 that is busy with a test refuses the next one. */
export async function startServices(host: Host, iperfPorts: readonly number[]): Promise<void> {
  await host.write(`${DIR}/nginx.conf`, NGINX);
  await host.write(`${DIR}/files${SMALL_FILE}`, "x".repeat(1024));
  host.start(["nginx", "-p", DIR, "-e", `${DIR}/error.log`, "-c", `${DIR}/nginx.conf`]);
  for (const port of iperfPorts) host.start(["iperf3", "-s", "-p", String(port)]);
  const listening = [HTTP_PORT, ...iperfPorts];
  await until("the services listen", async () => {
    const { stdout } = await host.run(["ss", "-Hltn"]);
    return listening.every((port) => stdout.includes(`:${port} `));
  });
}

/** Waits until no connection to nginx is left. */
export async function untilNobodyIsServed(host: Host): Promise<void> {
  await until("all connections are closed", async () => {
    const { stdout } = await host.run(["ss", "-Htn", "state", "established", "sport", `= :${HTTP_PORT}`]);
    return stdout.trim() === "";
  }, 30);
}
