import assert from "node:assert/strict";
import { parseBridgeName, UNNAMED_NETWORK } from "../names.ts";
import { describeBridges, describeUnknown, renderBridges, renderEndpoint } from "./list.ts";
import type { NetworkRecord } from "../setup/setup_record.ts";

const [BR0, BR1, BR2] = ["br0", "br1", "br2"].map(parseBridgeName) as [
  ReturnType<typeof parseBridgeName>,
  ReturnType<typeof parseBridgeName>,
  ReturnType<typeof parseBridgeName>,
];
const GATE = { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030 };
const MIRROR = { servicePort: 80, remoteAddr: "10.0.0.7", remotePort: 8080, remoteName: "mirror.example" };
const A: NetworkRecord = { id: "7", name: "vnet0", endpoints: [GATE, MIRROR] };
const B: NetworkRecord = { ...UNNAMED_NETWORK, endpoints: [{ ...GATE, options: { maxConnections: 5 } }] };

Deno.test("describeBridges() tells what setup has made from what is in nft only", () => {
  const record = new Map([[BR1, [A, B]]]);
  const maps = new Map([[BR0, [GATE]], [BR2, []]]);
  assert.deepEqual(describeBridges(record, maps), [
    { bridge: "br0", madeBy: "driver", networks: [{ network: null, endpoints: [GATE] }] },
    {
      bridge: "br1",
      madeBy: "setup",
      networks: [
        { network: { id: "7", name: "vnet0" }, endpoints: A.endpoints },
        { network: { name: "" }, endpoints: B.endpoints },
      ],
    },
    { bridge: "br2", madeBy: "driver", networks: [] },
  ]);
});

Deno.test("describeBridges() knows nobody's endpoints, recorded or only in the map of a bridge that is", () => {
  const other = { servicePort: 81, remoteAddr: "10.0.0.1", remotePort: 81 };
  const nobodys = { endpoints: [other] };
  const map = new Map([[BR0, [GATE, { servicePort: 80, remoteAddr: "10.0.0.7", remotePort: 8080 }, other]]]);
  const listed = { network: null, endpoints: [other] };
  for (const networks of [[A], [A, nobodys]]) {
    const [bridge] = describeBridges(new Map([[BR0, networks]]), map);
    assert.deepEqual(bridge?.networks, [{ network: { id: "7", name: "vnet0" }, endpoints: A.endpoints }, listed]);
  }
});

Deno.test("describeBridges() and renderBridges() show a network that has no service, which makes no bridge setup's", () => {
  const idle = { ...A, endpoints: [] };
  const bridges = describeBridges(new Map([[BR0, [idle]], [BR1, [idle]]]), new Map([[BR1, [GATE]]]));
  assert.deepEqual(bridges.map(({ madeBy }) => madeBy), ["setup", "driver"]);
  assert.equal(
    renderBridges(bridges),
    `bridge  made by  network           service port  remote
br0     setup    ID 7, name vnet0  none
br1     driver   ID 7, name vnet0  none
br1     driver   unknown           5030          10.11.12.13:5030`,
  );
});

Deno.test("describeUnknown() names services that are nobody's, and networks without a name or an ID", () => {
  const networks = [{ id: "8", endpoints: [] }, { name: "n", endpoints: [] }, A, B, { endpoints: [MIRROR] }];
  const lines = describeUnknown(describeBridges(new Map([[BR1, networks]]), new Map()));
  assert.deepEqual(lines.map((line) => line.split(";")[0]), [
    "br1: an entry that has this network's name does not reach it: ID 8",
    "br1: an entry that has this network's ID does not reach it: name n",
    "br1: apply leaves 80 as it is, since nobody has said whose it is",
  ]);
});

Deno.test("renderEndpoint() shows all addresses, each with its name", () => {
  const listed = { ...MIRROR, backupAddrs: ["10.0.0.8", "10.0.0.9"], backupNames: [null, "b.example"] };
  assert.equal(renderEndpoint(listed)[1], "mirror.example:8080 (10.0.0.7), 10.0.0.8:8080, b.example:8080 (10.0.0.9)");
});

Deno.test("renderBridges() has a row for each endpoint, and for a bridge that has none", () => {
  const bridges = describeBridges(new Map([[BR1, [A, B]]]), new Map([[BR0, [GATE]], [BR2, []]]));
  assert.equal(
    renderBridges(bridges),
    `bridge  made by  network           service port  remote                          options
br0     driver   unknown           5030          10.11.12.13:5030
br1     setup    ID 7, name vnet0  5030          10.11.12.13:5030
br1     setup    ID 7, name vnet0  80            mirror.example:8080 (10.0.0.7)
br1     setup    unnamed           5030          10.11.12.13:5030                max_connections=5
br2     driver   none`,
  );
  assert.equal(
    renderBridges(describeBridges(new Map(), new Map([[BR0, [GATE]]]))),
    `bridge  made by  network  service port  remote
br0     driver   unknown  5030          10.11.12.13:5030`,
  );
  assert.equal(renderBridges([]), "no bridge has endpoints");
});
