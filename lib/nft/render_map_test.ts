import assert from "node:assert/strict";
import { renderMap } from "./render_map.ts";

const A = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 80 };
const B = { servicePort: 81, remoteAddr: "10.0.0.1", remotePort: 81 };
const OTHER = { servicePort: 82, remoteAddr: "10.0.0.2", remotePort: 82 };
const MAP = "add map ip one_tproxy ep_br0 { type inet_service : ipv4_addr . inet_service ; }";

Deno.test("renderMap() makes a map hold the endpoints and nothing else", () => {
  assert.deepEqual(renderMap("ep_br0", [A, B]), [
    MAP,
    "flush map ip one_tproxy ep_br0",
    "add element ip one_tproxy ep_br0 { 80 : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81 }",
  ]);
  assert.deepEqual(renderMap("ep_br0", []), [MAP, "flush map ip one_tproxy ep_br0"]);
});

Deno.test("renderMap() adds what is missing and replaces what differs, where what others have is to stay", () => {
  assert.deepEqual(renderMap("ep_br0", [A, B], [A, B, OTHER]), [MAP]);
  assert.deepEqual(renderMap("ep_br0", [A, B], [OTHER]), [
    MAP,
    "add element ip one_tproxy ep_br0 { 80 : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81 }",
  ]);
  const wrong = [{ ...A, remotePort: 8080 }, { ...B, options: { maxConnections: 5 } }, OTHER];
  assert.deepEqual(renderMap("ep_br0", [A, B], wrong), [
    MAP,
    "delete element ip one_tproxy ep_br0 { 80, 81 }",
    "add element ip one_tproxy ep_br0 { 80 : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81 }",
  ]);
});
