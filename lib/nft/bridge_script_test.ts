import assert from "node:assert/strict";
import { parseBridgeName } from "../names.ts";
import { renderDown, renderUp, type TableObject } from "./bridge_script.ts";

const BR0 = parseBridgeName("br0");
/** The low 40 bits of the FNV-1a hash (64 bits) of "br0". */
const MAC = "12:19:13:6f:7b:9f";
/** 169.254.16.9 is 0xa9fe1009. */
const GUARD = [
  'ip saddr 169.254.16.9 counter drop comment "sender-ip"',
  "meta protocol ip accept",
  "meta protocol ip6 accept",
  'meta protocol @arp_ethertypes @nh,112,32 0xa9fe1009 counter drop comment "sender-arp"',
  'meta protocol @vlan_ethertypes @nh,4,12 0 counter drop comment "second-tag"',
  'meta protocol 4 @nh,0,32 0xaaaa0300 @nh,48,16 0x0806 @nh,176,32 0xa9fe1009 counter drop comment "sender-snap-arp"',
  'meta protocol 4 @nh,0,32 0xaaaa0300 @nh,48,16 0x0800 @nh,160,32 0xa9fe1009 counter drop comment "sender-snap-ip"',
];
const REQUEST = "meta protocol @arp_ethertypes @nh,48,16 1 @nh,192,32 0xa9fe1009";
const FROM_PROXY = [
  'iifname "tproxy-probe" oifname != "br0b" drop',
  'iifname "br0b" meta protocol @guest_ethertypes meta oifkind @guest_kinds accept',
  'iifname "br0b" counter drop comment "proxy-to-no-guest"',
];
const TO_PROXY = [
  'oifname != "br0b" accept',
  "ether type @guest_ethertypes meta iifkind @guest_kinds jump sender_br0",
  'counter drop comment "no-guest-to-proxy"',
];
const SETS = [
  ...[
    ["guest_kinds", "ifname", '"tun", "veth"'],
    ["guest_ethertypes", "ether_type", "arp, ip"],
    ["arp_ethertypes", "ether_type", "arp, 0x8035"],
    ["vlan_ethertypes", "ether_type", "8021q, 8021ad"],
  ].flatMap(([name, type, elements]) => [
    `add set bridge one_tproxy ${name} { type ${type} ; }`,
    `flush set bridge one_tproxy ${name}`,
    `add element bridge one_tproxy ${name} { ${elements} }`,
  ]),
  ...["senders { type ifname . ipv4_addr", "newcomers { type ifname"].map((set, i) =>
    `add set bridge one_tproxy ${set} ; flags dynamic, timeout ; timeout 1h ; size ${[524288, 65535][i]} ; }`
  ),
];
/** The commands for the set of redirected ports, and for the chain that begins with these rules. */
function redirect(mac: string, ...first: string[]): string[] {
  return [
    "add chain bridge one_tproxy redirect_br0 { type filter hook prerouting priority dstnat ; policy accept ; }",
    "flush chain bridge one_tproxy redirect_br0",
    ...[
      ...first,
      "ether type != ip accept",
      "ip daddr != 169.254.16.9 accept",
      'iifname "tproxy-probe" accept',
      "meta iifkind != @guest_kinds accept",
      `tcp dport @redirected_br0 ether daddr set ${mac}`,
    ].map((rule) => `add rule bridge one_tproxy redirect_br0 ${rule}`),
  ];
}
const REDIRECTED = [
  "add set bridge one_tproxy redirected_br0 { type inet_service ; }",
  "flush set bridge one_tproxy redirected_br0",
  "add element bridge one_tproxy redirected_br0 { 1234, 5030 }",
];
const SENDER = [
  "add chain bridge one_tproxy sender_br0",
  "flush chain bridge one_tproxy sender_br0",
  ...[
    'ip daddr != 169.254.16.9 counter drop comment "other-address"',
    'ip saddr 169.254.0.16 iifname != "tproxy-probe" counter drop comment "probe-address"',
    'arp saddr ip 169.254.0.16 iifname != "tproxy-probe" counter drop comment "probe-address"',
    "arp daddr ip != 169.254.16.9 accept",
    "iifname . ip saddr @senders accept",
    "iifname . arp saddr ip @senders accept",
    "ip saddr 169.254.0.16 accept",
    "arp saddr ip 169.254.0.16 accept",
    'update @newcomers { iifname limit rate over 64/hour burst 64 packets } counter drop comment "too-many-addresses"',
    "add @senders { iifname . ip saddr } accept",
    "add @senders { iifname . arp saddr ip } accept",
  ].map((rule) => `add rule bridge one_tproxy sender_br0 ${rule}`),
];
const ENDPOINTS = [
  { servicePort: 1234, remoteAddr: "10.11.12.34", remotePort: 80 },
  { servicePort: 5030, remoteAddr: "10.11.12.13", remotePort: 5030 },
];

function map(name: string): TableObject {
  return { family: "ip", kind: "map", name, elements: [] };
}

function chain(name: string): TableObject {
  return { family: "bridge", kind: "chain", name, elements: [] };
}

function vethEnds(...elements: string[]): TableObject {
  return { family: "bridge", kind: "set", name: "veth_ends", elements };
}

const SHARED = ["guest_kinds", "senders"].map((name) => ({ ...vethEnds("tun"), name }));

function linesOf(script: string): string[] {
  assert.ok(script.endsWith("\n"));
  return script.split("\n").slice(0, -1);
}

Deno.test("renderUp() writes this script where the kernel has meta ibrname", () => {
  assert.deepEqual(linesOf(renderUp([{ bridge: BR0, endpoints: ENDPOINTS }], "ibrname")), [
    "add table ip one_tproxy",
    "add table bridge one_tproxy",
    ...SETS,
    "add map ip one_tproxy ep_br0 { type inet_service : ipv4_addr . inet_service ; }",
    "flush map ip one_tproxy ep_br0",
    "add element ip one_tproxy ep_br0 { 1234 : 10.11.12.34 . 80, 5030 : 10.11.12.13 . 5030 }",
    ...REDIRECTED,
    "add chain bridge one_tproxy ch_br0 { type filter hook forward priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy ch_br0",
    'add rule bridge one_tproxy ch_br0 iifname "br0b" accept',
    'add rule bridge one_tproxy ch_br0 meta ibrname "br0" oifname != "br0b" ' +
    "arp operation request arp daddr ip 169.254.16.9 drop",
    "add chain bridge one_tproxy guard_br0 { type filter hook prerouting priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy guard_br0",
    'add rule bridge one_tproxy guard_br0 meta ibrname != "br0" accept',
    'add rule bridge one_tproxy guard_br0 iifname "br0b" accept',
    ...[`ether saddr ${MAC} counter drop comment "sender-mac"`, ...GUARD].map((rule) =>
      `add rule bridge one_tproxy guard_br0 ${rule}`
    ),
    ...redirect(MAC, 'meta ibrname != "br0" accept', 'iifname "br0b" accept'),
    ...SENDER,
    "add chain bridge one_tproxy port_br0 { type filter hook forward priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy port_br0",
    'add rule bridge one_tproxy port_br0 meta ibrname != "br0" accept',
    ...[
      ...FROM_PROXY,
      `${REQUEST} oifname != "br0b" counter drop comment "request-to-other-port"`,
      `ether daddr ${MAC} oifname != "br0b" counter drop comment "flood"`,
      ...TO_PROXY,
    ].map((rule) => `add rule bridge one_tproxy port_br0 ${rule}`),
  ]);
});

Deno.test("renderUp() writes an endpoint's options as its element's comment", () => {
  const options = { maxConnections: 100, connectTimeoutMs: 5000, proxyProtocol: "v2" } as const;
  const endpoints = [
    { servicePort: 5030, remoteAddr: "10.0.0.1", remotePort: 5030, options },
    ...ENDPOINTS.slice(0, 1),
  ];
  assert.equal(
    linesOf(renderUp([{ bridge: BR0, endpoints }], "ibrname")).find((line) => line.startsWith("add element ip")),
    'add element ip one_tproxy ep_br0 { 5030 comment "max_connections=100 connect_timeout=5 proxy_protocol=v2" : ' +
      "10.0.0.1 . 5030, 1234 : 10.11.12.34 . 80 }",
  );
});

Deno.test("renderUp() leaves out of the set of redirected ports those of endpoints that say so", () => {
  const off = ENDPOINTS.map((endpoint, i) => i === 0 ? { ...endpoint, options: { redirect: false } } : endpoint);
  const script = linesOf(renderUp([{ bridge: BR0, endpoints: off }], "ibrname"));
  assert.ok(script.includes("add element bridge one_tproxy redirected_br0 { 5030 }"));
});

Deno.test("renderUp() writes this script where the kernel has no meta ibrname", () => {
  assert.deepEqual(linesOf(renderUp([{ bridge: BR0, endpoints: ENDPOINTS }], "veth-set")), [
    "add table ip one_tproxy",
    "add table bridge one_tproxy",
    ...SETS,
    "add map ip one_tproxy ep_br0 { type inet_service : ipv4_addr . inet_service ; }",
    "flush map ip one_tproxy ep_br0",
    "add element ip one_tproxy ep_br0 { 1234 : 10.11.12.34 . 80, 5030 : 10.11.12.13 . 5030 }",
    "add set bridge one_tproxy veth_ends { type ifname ; }",
    'add element bridge one_tproxy veth_ends { "br0b" }',
    ...REDIRECTED,
    "add chain bridge one_tproxy ch_br0 { type filter hook forward priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy ch_br0",
    "add rule bridge one_tproxy ch_br0 iifname @veth_ends accept",
    "add rule bridge one_tproxy ch_br0 oifname != @veth_ends arp operation request arp daddr ip 169.254.16.9 drop",
    "add chain bridge one_tproxy guard_br0 { type filter hook prerouting priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy guard_br0",
    "add rule bridge one_tproxy guard_br0 iifname @veth_ends accept",
    ...[
      `ether saddr ${MAC} counter drop comment "sender-mac"`,
      'ether saddr 16:00:a9:fe:10:09 counter drop comment "sender-mac"',
      ...GUARD,
    ].map((rule) => `add rule bridge one_tproxy guard_br0 ${rule}`),
    ...redirect("16:00:a9:fe:10:09", "iifname @veth_ends accept"),
    ...SENDER,
    "add chain bridge one_tproxy port_br0 { type filter hook forward priority filter ; policy accept ; }",
    "flush chain bridge one_tproxy port_br0",
    ...[
      ...FROM_PROXY,
      `${REQUEST} oifname != @veth_ends counter drop comment "request-to-other-port"`,
      `oifname "br0b" ether daddr 16:00:a9:fe:10:09 ether daddr set ${MAC}`,
      `ether daddr ${MAC} oifname != @veth_ends counter drop comment "flood"`,
      'ether daddr 16:00:a9:fe:10:09 oifname != @veth_ends counter drop comment "flood"',
      ...TO_PROXY,
    ].map((rule) => `add rule bridge one_tproxy port_br0 ${rule}`),
  ]);
});

Deno.test("renderUp() empties the map of a bridge without endpoints and adds none", () => {
  const script = linesOf(renderUp([{ bridge: BR0, endpoints: [] }], "ibrname"));
  assert.ok(script.includes("flush map ip one_tproxy ep_br0"));
  assert.ok(!script.some((line) => /^add element (?:ip|.* redirected_)/.test(line)));
});

Deno.test("renderUp() names nothing of any other bridge", () => {
  for (const form of ["ibrname", "veth-set"] as const) {
    const script = renderUp([{ bridge: parseBridgeName("onebr.12"), endpoints: ENDPOINTS }], form)
      .replaceAll(/ comment "[a-z-]+"/g, "");
    const named = new Set(script.match(/\b(?:ep|ch|guard|redirect(?:ed)?|port|senders?|newcomers)_[\w.-]+|"[^"]+"/g));
    const prefixes = ["ep", "ch", "guard", "redirect", "redirected", "port", "sender"];
    const own = [...prefixes.map((prefix) => `${prefix}_onebr.12`), '"onebr.12b"', '"tproxy-probe"', '"tun"', '"veth"'];
    assert.deepEqual(named, new Set(form === "ibrname" ? [...own, '"onebr.12"'] : own));
  }
});

Deno.test("renderUp() makes the shared sets once for all bridges, and gives none a set without a name", () => {
  for (const form of ["ibrname", "veth-set"] as const) {
    const bridges = ["br0", "br1", "br2"].map((name) => ({ bridge: parseBridgeName(name), endpoints: ENDPOINTS }));
    const script = linesOf(renderUp(bridges, form));
    assert.equal(script.filter((line) => line.startsWith("add set bridge one_tproxy senders ")).length, 1);
    // A listing asks the kernel for each set by itself, and takes time in proportion to their square.
    assert.deepEqual(script.filter((line) => /^add rule .* \{ (?!iifname)/.test(line)), []);
    assert.equal(new Set(script.filter((line) => line.startsWith("add set") && line.includes("_br1 "))).size, 1);
  }
});

Deno.test("renderDown() has nothing to do where nothing is", () => {
  assert.equal(renderDown([BR0], { ip: undefined, bridge: undefined }), "");
  const others = { ip: [map("ep_br1")], bridge: [chain("ch_br1"), vethEnds("br1b")] };
  assert.equal(renderDown([BR0], others), "");
});

Deno.test("renderDown() removes both tables with the last bridge, with either form of the ARP rule", () => {
  for (const bridge of [[chain("ch_br0")], [vethEnds("br0b"), chain("ch_br0")], [vethEnds()], SHARED, []]) {
    assert.deepEqual(linesOf(renderDown([BR0], { ip: [map("ep_br0")], bridge })), [
      "delete table ip one_tproxy",
      "delete table bridge one_tproxy",
    ]);
  }
});

Deno.test("renderDown() removes a table on its own if the other one is gone already", () => {
  assert.equal(renderDown([BR0], { ip: [map("ep_br0")], bridge: undefined }), "delete table ip one_tproxy\n");
  assert.equal(renderDown([BR0], { ip: undefined, bridge: [chain("ch_br0")] }), "delete table bridge one_tproxy\n");
});

Deno.test("renderDown() leaves what belongs to other bridges", () => {
  const tables = {
    ip: [map("ep_br0"), map("ep_br1")],
    bridge: [
      vethEnds("br0b", "br1b"),
      ...SHARED,
      // Those of senders and newcomers are of a former version.
      ...["redirected_br0", "senders_br0", "newcomers_br0", "senders_br1"].map((name) => ({ ...vethEnds(), name })),
      ...["ch_br0", "ch_br1", "guard_br0", "redirect_br0", "sender_br0", "port_br0", "port_br1"].map(chain),
    ],
  };
  assert.deepEqual(linesOf(renderDown([BR0], tables)), [
    "delete map ip one_tproxy ep_br0",
    ...["ch", "guard", "redirect", "sender", "port"].map((name) => `flush chain bridge one_tproxy ${name}_br0`),
    ...["ch", "guard", "redirect", "sender", "port"].map((name) => `delete chain bridge one_tproxy ${name}_br0`),
    "delete set bridge one_tproxy redirected_br0",
    "delete set bridge one_tproxy senders_br0",
    "delete set bridge one_tproxy newcomers_br0",
    'delete element bridge one_tproxy veth_ends { "br0b" }',
  ]);
});

Deno.test("renderDown() removes the shared sets with the last bridge that uses them, though the driver's chains stay", () => {
  const [map1, ofDriver] = [map("ep_br1"), chain("ch_br1")];
  const tables = { ip: [map1], bridge: [...SHARED, chain("guard_br0"), ofDriver] };
  assert.deepEqual(linesOf(renderDown([BR0], tables)), [
    "flush chain bridge one_tproxy guard_br0",
    "delete chain bridge one_tproxy guard_br0",
    "delete set bridge one_tproxy guest_kinds",
    "delete set bridge one_tproxy senders",
  ]);
  const others = { ip: [map1, { ...vethEnds(), family: "ip", name: "senders" } as const], bridge: undefined };
  assert.equal(renderDown([parseBridgeName("br1")], others), "delete map ip one_tproxy ep_br1\n");
});

Deno.test("renderDown() leaves what somebody else put into our tables", () => {
  const foreign: TableObject[] = [
    { family: "ip", kind: "chain", name: "ch_br0", elements: [] },
    { family: "ip", kind: "set", name: "ep_br0", elements: [] },
    map("services"),
  ];
  const namedAlike: TableObject[] = [
    { family: "bridge", kind: "map", name: "ep_br0", elements: [] },
    { family: "bridge", kind: "set", name: "ch_br0", elements: [] },
  ];
  const tables = { ip: [...foreign, map("ep_br0")], bridge: [...namedAlike, chain("mine"), chain("ch_br0")] };
  assert.deepEqual(linesOf(renderDown([BR0], tables)), [
    "delete map ip one_tproxy ep_br0",
    "flush chain bridge one_tproxy ch_br0",
    "delete chain bridge one_tproxy ch_br0",
  ]);
});

Deno.test("renderDown() takes the last trace of a half-made bridge out of the set", () => {
  const tables = { ip: undefined, bridge: [vethEnds("br0b", "br1b"), chain("ch_br1")] };
  assert.equal(renderDown([BR0], tables), 'delete element bridge one_tproxy veth_ends { "br0b" }\n');
});

Deno.test("renderDown() removes several bridges by one script, and with the last of them the tables", () => {
  const onebr = parseBridgeName("onebr.12");
  const set = { family: "bridge", kind: "set", name: "veth_ends", elements: ["br0b", "br7b", "onebr.12b"] } as const;
  const bridge = [chain("ch_br0"), chain("ch_onebr.12"), chain("ch_br7"), set];
  const ip = [map("ep_br0"), map("ep_onebr.12"), map("ep_br7")];
  assert.deepEqual(linesOf(renderDown([BR0, onebr], { ip, bridge })), [
    "delete map ip one_tproxy ep_br0",
    "delete map ip one_tproxy ep_onebr.12",
    "flush chain bridge one_tproxy ch_br0",
    "flush chain bridge one_tproxy ch_onebr.12",
    "delete chain bridge one_tproxy ch_br0",
    "delete chain bridge one_tproxy ch_onebr.12",
    'delete element bridge one_tproxy veth_ends { "br0b" }',
    'delete element bridge one_tproxy veth_ends { "onebr.12b" }',
  ]);
  assert.deepEqual(linesOf(renderDown([BR0, onebr, parseBridgeName("br7")], { ip, bridge })), [
    "delete table ip one_tproxy",
    "delete table bridge one_tproxy",
  ]);
});
