import assert from "node:assert/strict";
import fc from "fast-check";
import { LIMITS } from "../limits.ts";
import { ENTRY_KEYS, FILE_KEYS, nearestEntryKey, nearestFileKey, splitGlued } from "./keys.ts";

Deno.test("nearestEntryKey() finds what letters that are wrong, missing, too many or swapped were meant for", () => {
  const meant: Record<string, string> = {
    netwoks: "networks",
    newtorks: "networks",
    NETWORKS: "networks",
    "Net-works": "networks",
    "n\u0435tworks": "networks",
    servce_port: "service_port",
    serviceport: "service_port",
    "service-port": "service_port",
    remote_adress: "remote_addr",
    remote_ports: "remote_port",
    idle_timeuot: "idle_timeout",
    max_conections: "max_connections",
    proxy_protocl: "proxy_protocol",
    tproxy_redirect: "redirect",
    tproxy_idle_timeout: "idle_timeout",
  };
  for (const [name, key] of Object.entries(meant)) assert.equal(nearestEntryKey(name), key, name);
});

Deno.test("nearestEntryKey() finds what a beginning, a plural or another word for networks was meant for", () => {
  const words = "network net nets network_id networks_ids network_names vnet vnets VNET_IDS virtual_networks";
  for (const name of words.split(" ")) assert.equal(nearestEntryKey(name), "networks", name);
  const meant = {
    service: "service_port",
    remote_address: "remote_addr",
    connect: "connect_timeout",
    proxy: "proxy_protocol",
  };
  for (const [name, key] of Object.entries(meant)) assert.equal(nearestEntryKey(name), key, name);
});

Deno.test("nearestEntryKey() takes for a later OpenNebula's what resembles none of our keys", () => {
  for (
    const name of "comment name description tls enabled weight id ip vm_groups service_name vlan_id bridges _ 7".split(
      " ",
    )
  ) {
    assert.equal(nearestEntryKey(name), undefined, name);
  }
});

Deno.test("nearestFileKey() finds ours, and whatever begins like them, among the keys of others", () => {
  const meant: Record<string, string> = {
    tproxies: "tproxy",
    Tproxy: "tproxy",
    tporxy: "tproxy",
    proxy: "tproxy",
    tproxy_config: "tproxy",
    tproxy_colour: "tproxy",
    tproxy_debug_lvl: "tproxy_debug_level",
    tproxy_debug: "tproxy_debug_level",
    "tproxy-process-owner": "tproxy_process_owner",
    tproxy_max_connection: "tproxy_max_connections",
    tproxy_max_connections_per_bridges: "tproxy_max_connections_per_bridge",
  };
  for (const [name, key] of Object.entries(meant)) assert.equal(nearestFileKey(name), key, name);
});

Deno.test("nearestFileKey() leaves others their keys", () => {
  const shipped =
    "validate_vlan_id arp_cache_poisoning datastore_location vlan_mtu vxlan_mode vxlan_mc vxlan_ttl vxlan_mtu " +
    "vxlan_tep ipset_maxelem keep_empty_bridge ip_bridge_conf ip_link_conf ovs_bridge_conf bridge_firewall http_proxy proxy_arp x";
  for (const name of shipped.split(" ")) assert.equal(nearestFileKey(name), undefined, name);
});

Deno.test("every limit is a key of the file", () => {
  for (const { word } of Object.values(LIMITS)) assert.ok(FILE_KEYS.includes(`tproxy_${word}`), word);
});

Deno.test("any one letter of an entry's key may be wrong, whatever it is", () => {
  const key = fc.constantFrom(...ENTRY_KEYS);
  fc.assert(fc.property(key, fc.nat(), fc.constantFrom("", "x", "xy"), (key, at, letters) => {
    const place = at % key.length;
    const name = key.slice(0, place) + letters + key.slice(place + 1);
    if (!ENTRY_KEYS.includes(name)) assert.notEqual(nearestEntryKey(name), undefined, name);
  }));
});

Deno.test("splitGlued() knows our keys with nothing behind their colon, and lets nothing move a terminal's cursor", () => {
  assert.deepEqual(splitGlued(":service_port:5030"), { key: "service_port", value: "5030" });
  assert.deepEqual(splitGlued("networks:[7]"), { key: "networks", value: "[7]" });
  assert.deepEqual(splitGlued(":tproxy:\u001b[2J\u009b"), { key: "tproxy", value: "\ufffd[2J\ufffd" });
  for (
    const text of [":service_port:", ":service_port: 5030", ":vlan_mtu:1500", "http://a", ":tproxy:" + "x".repeat(81)]
  ) {
    assert.equal(splitGlued(text), undefined, text);
  }
});

Deno.test("nearestEntryKey() is quick with a key of a megabyte", () => {
  assert.equal(nearestEntryKey("x".repeat(1_000_000)), undefined);
});
