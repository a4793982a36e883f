/**
 * The PROXY protocol to a service, `:proxy_protocol: v2`, and from HAProxy in the place of an inner proxy.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseBridgeName } from "../../lib/names.ts";
import { namesOf } from "../../lib/names_of.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { assertServed, entry, fetchFrom, inLab, isServed, served } from "../lab/scenario.ts";
import { startDownload } from "../lab/download.ts";
import { makeCrowd } from "./crowd.ts";

const BR0 = parseBridgeName("br0");

const NGINX = `daemon off; user root; worker_processes 1; pid /run/pp/pid; error_log /run/pp/error.log;
events {}
http {
  access_log off; client_body_temp_path /run/pp/tmp; proxy_temp_path /run/pp/tmp; fastcgi_temp_path /run/pp/tmp;
  uwsgi_temp_path /run/pp/tmp; scgi_temp_path /run/pp/tmp;
  server {
    listen 10.11.12.13:81 proxy_protocol;
    location / { return 200 '$proxy_protocol_addr $proxy_protocol_server_addr:$proxy_protocol_server_port $remote_addr\\n'; }
  }
}
`;

const HAPROXY = `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind 10.11.12.13:82 accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[dst]:%[dst_port]\\n"
`;

Deno.test(
  "nginx and HAProxy learn from a PROXY v2 header who the guest is, and whom it called",
  inLab(async (lab) => {
    const entries = entry(81, ", ':proxy_protocol': v2") + entry(82, ", ':proxy_protocol': v2");
    const { gate, guest, neighbour } = await makeCrowd(lab, { entries });
    await gate.text(["mkdir", "-p", "/run/pp/tmp"]);
    await gate.write("/run/pp/nginx.conf", NGINX);
    await gate.write("/run/pp/haproxy.cfg", HAPROXY);
    gate.start(["nginx", "-p", "/run/pp", "-e", "/run/pp/error.log", "-c", "/run/pp/nginx.conf"]);
    gate.start(["haproxy", "-db", "-f", "/run/pp/haproxy.cfg"], { inside: true });
    for (const port of [81, 82]) {
      await until(`port ${port} listens`, async () => {
        return (await gate.text(["ss", "-Htln", "sport", String(port)])) !== "";
      });
    }
    assert.equal(await fetchFrom(guest, "/", 81), "192.168.150.10 169.254.16.9:81 10.11.12.1\n");
    assert.equal(await fetchFrom(guest, "/", 82), "192.168.150.10 169.254.16.9:82\n");
    assert.equal(await fetchFrom(neighbour, "/", 81), "192.168.150.11 169.254.16.9:81 10.11.12.1\n");
    await assertServed(guest, 5030, "an entry without it is sent none");
  }),
);

Deno.test(
  "a guest that only listens is announced too",
  inLab(async (lab) => {
    const { gate, guest } = await makeCrowd(lab, { entries: entry(83, ", ':proxy_protocol': v2") });
    const service = gate.start(["socat", "-u", "-x", "TCP-LISTEN:83,bind=10.11.12.13,reuseaddr", "OPEN:/dev/null"]);
    await until("it listens", async () => (await gate.text(["ss", "-Htln", "sport", "83"])) !== "");
    const client = guest.start(["sh", "-c", "{ sleep 1000; } | exec socat - TCP:169.254.16.9:83"]);
    // Signature, version 2 and PROXY, TCP over IPv4, 12 bytes; then the guest's address and ours.
    const header = /0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 0c c0 a8 96 0a a9 fe 10 09/;
    await until("the service is told", () => Promise.resolve(header.test(service.output)));
    client.signal("SIGKILL");
  }),
);

/**
 * HAProxy in the place of an inner proxy, which looks ten times a second whether outer is there, and puts an additional
 * field (TLV) into each header.
 */
const INNER = `global
  stats socket /run/pp/stats.socket
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen s
  bind 169.254.16.9:5030
  server outer unix@${namesOf(BR0).socket} send-proxy-v2 proxy-v2-options crc32c check inter 100ms
`;

/** Puts HAProxy into the place of br0's inner. */
async function replaceInner(hv: Hypervisor): Promise<void> {
  const inNetns = ["ip", "netns", "exec", "one_tproxy_br0"];
  await hv.kill("one_tproxy_br0");
  await until("its port is free", async () => await hv.host.text([...inNetns, "ss", "-Htln"]) === "");
  await hv.host.write("/run/pp/inner.cfg", INNER);
  hv.host.start([...inNetns, "haproxy", "-db", "-f", "/run/pp/inner.cfg"], { inside: true });
}

Deno.test(
  "HAProxy as an inner proxy finds outer healthy, outer warns of none of its checks, and guests are served",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await replaceInner(hv);
    const checks = async () =>
      (await hv.log("one_tproxy")).filter(({ message }) => message === "Answered a health check");
    await until("outer was asked a few times", async () => (await checks()).length >= 5);
    assert.equal((await checks())[0]?.["bridge"], "br0");
    const stats = await hv.host.text(["socat", "-", "UNIX-CONNECT:/run/pp/stats.socket"], "show stat\n");
    assert.match(stats, /^s,outer,.*,UP,.*,L4OK,/m);
    await assertServed(guest);
    assert.deepEqual((await hv.log("one_tproxy")).filter(({ level }) => level === "warning"), []);
    const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
    assert.equal(proxies[0].counts.failed, 0);
  }),
);

Deno.test(
  "outer counts the streams of HAProxy as an inner proxy while they live, and finishes them when it is replaced",
  inLab(async (lab) => {
    const { hv, guest, gate } = await served(lab);
    const before = await hv.status();
    await replaceInner(hv);
    await until("a guest is served", () => isServed(guest));
    const download = await startDownload(gate, guest);
    await until("the stream is counted", async () => {
      const { proxies } = JSON.parse((await hv.tproxy("status", "--json")).stdout);
      return proxies[0].counts?.live === 1;
    });
    await hv.host.text(["kill", "-USR2", String(before.get("one_tproxy"))]);
    await until(
      "outer drains",
      async () => /^one_tproxy \(draining\)/m.test(await hv.host.text(["ps", "-eo", "args="])),
    );
    assert.ok(await download.finish());
    await until("outer has ended", async () => !/^one_tproxy/m.test(await hv.host.text(["ps", "-eo", "args="])));
  }),
);

const PLAIN = "The outer proxy takes no string; each guest gets a connection with PROXY v2";

/** HAProxy in the place of outer. */
const OUTER = `defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen s
  bind unix@${namesOf(BR0).socket} mode 666 accept-proxy
  server gate 10.11.12.13:5030
`;

Deno.test(
  "an inner whose outer knows PROXY v2 only serves its guests, and finds out when there is one that knows the string",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await hv.kill("one_tproxy");
    await hv.host.write("/run/pp/outer.cfg", OUTER);
    const haproxy = hv.host.start(["haproxy", "-db", "-f", "/run/pp/outer.cfg"], { inside: true });
    const plain = async () => (await hv.log("one_tproxy_br0")).some(({ message }) => message === PLAIN);
    await until("a guest is served", async () => await isServed(guest));
    assert.ok(await plain(), haproxy.output);
    for (let i = 0; i < 5; i++) await assertServed(guest);
    haproxy.signal("SIGKILL");
    await hv.control("start");
    await assertServed(guest);
    const opened = async () => (await hv.log("one_tproxy")).filter(({ message }) => message === "A string was opened");
    const before = (await opened()).length;
    await until("there is a string again", async () => {
      await assertServed(guest);
      return (await opened()).length > before;
    }, 30);
  }),
);
