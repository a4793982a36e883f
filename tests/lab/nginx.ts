/**
 * nginx as the service: something like OneGate, and a place for large bodies.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/** The token that the service asks for, as OneGate does. */
export const TOKEN = "s3cret";

/**
 * Starts nginx on a host and waits until it answers.
 *
 * `/vm` answers as OneGate does to a guest that sends its token; `/who` tells the service's name and the address that
 * the request came from; `/files` takes and gives files.
 */
export async function startNginx(host: Host, address: string, port: number): Promise<void> {
  const dir = `/run/nginx-${port}`;
  await host.text(["mkdir", "-p", `${dir}/files`, `${dir}/tmp`]);
  await host.write(
    `${dir}/nginx.conf`,
    `daemon off; user root; worker_processes 1; pid ${dir}/pid; error_log ${dir}/error.log;
     events { worker_connections 4096; }
     http {
       access_log off; client_max_body_size 0; default_type application/json;
       # A test may hold a stream for as long as a slow machine takes.
       send_timeout 1h; client_body_timeout 1h;
       client_body_temp_path ${dir}/tmp; proxy_temp_path ${dir}/tmp; fastcgi_temp_path ${dir}/tmp;
       uwsgi_temp_path ${dir}/tmp; scgi_temp_path ${dir}/tmp;
       server {
         listen ${address}:${port} backlog=4096;
         location = /vm {
           if ($http_x_onegate_token != "${TOKEN}") { return 401 '{"error":"no token"}\\n'; }
           return 200 '{"VM":{"NAME":"example0-0","ID":"$http_x_onegate_vmid"}}\\n';
         }
         location = /who { return 200 '${host.name} $remote_addr\\n'; }
         location /files/ { root ${dir}; dav_methods PUT; create_full_put_path on; }
       }
     }`,
  );
  host.start(["nginx", "-p", dir, "-e", `${dir}/error.log`, "-c", `${dir}/nginx.conf`]);
  await until(
    "nginx answers",
    async () => (await host.run(["curl", "-s", `http://${address}:${port}/who`])).code === 0,
  );
}
