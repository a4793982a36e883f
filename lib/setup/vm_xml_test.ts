import assert from "node:assert/strict";
import fc from "fast-check";
import shipped from "../../tests/fixtures/vm-pre.xml" with { type: "text" };
import { InputError } from "../errors.ts";
import { parseVmNics } from "./vm_xml.ts";

/** Values of a NIC, by name. */
type Values = Readonly<Record<string, string>>;

const NIC: Values = { NIC_ID: "0", BRIDGE: "br0", BRIDGE_TYPE: "linux", NETWORK: "vnet0", NETWORK_ID: "7" };

/** Writes a NIC as OpenNebula does. */
function element(values: Values, name = "NIC"): string {
  const children = Object.entries(values).map(([key, value]) => `<${key}><![CDATA[${value}]]></${key}>`);
  return `<${name}>${children.join("")}</${name}>`;
}

function vm(...elements: string[]): string {
  return `<VM><ID>42</ID><TEMPLATE>${elements.join("")}</TEMPLATE></VM>`;
}

/** Leaves values out of a NIC. */
function without(...names: string[]): Values {
  return Object.fromEntries(Object.entries(NIC).filter(([name]) => !names.includes(name)));
}

Deno.test("parseVmNics() finds the NICs on Linux bridges, and says why not the others", () => {
  assert.deepEqual(parseVmNics(shipped), {
    vm: 57,
    nics: [
      {
        ...{ id: "0", bridge: "br0", network: { name: "vnet0", id: "7" }, address: "192.168.150.57" },
        ownPorts: ["one-57-0", "eth1"],
      },
      {
        ...{ id: "1", bridge: "onebr.12", network: { name: "private net", id: "12" }, address: "10.0.12.57" },
        ownPorts: ["eth1", "eth1.12"],
      },
    ],
    skipped: [
      { id: "3", reason: 'its driver is "ovswitch", which makes no Linux bridges', isWrong: false },
      { id: "2", reason: "it is an alias of another NIC, and has no port of its own", isWrong: false },
      { id: "4", reason: "it is a PCI device, and on no bridge", isWrong: false },
    ],
  });
});

Deno.test("parseVmNics() finds one NIC as well as none or many, in their order", () => {
  const ids = (xml: string) => parseVmNics(xml).nics.map(({ id }) => id);
  assert.deepEqual(ids(vm()), []);
  assert.deepEqual(ids("<VM><TEMPLATE/></VM>"), []);
  assert.deepEqual(ids(vm(element(NIC))), ["0"]);
  assert.deepEqual(ids(vm(...["2", "0", "1"].map((id) => element({ ...NIC, NIC_ID: id })))), ["2", "0", "1"]);
});

Deno.test("parseVmNics() takes no address and no ID of a VM that is none", () => {
  const bad = parseVmNics(vm(element({ ...NIC, IP: "10.0.0.300" }), element(NIC)).replace("42", "-1; reboot"));
  assert.equal("vm" in bad, false);
  assert.deepEqual(bad.nics.map((nic) => "address" in nic), [false, false]);
});

Deno.test("parseVmNics() reads values without CDATA alike", () => {
  const xml = vm("<NIC><BRIDGE>br0</BRIDGE><BRIDGE_TYPE>linux</BRIDGE_TYPE><NETWORK>R&amp;D</NETWORK></NIC>");
  assert.deepEqual(parseVmNics(xml).nics, [{ id: "unknown", bridge: "br0", network: { name: "R&D" }, ownPorts: [] }]);
});

Deno.test("parseVmNics() reads the same from XML that somebody has indented", () => {
  const indented = vm(element(NIC)).replaceAll("<![CDATA[", "\n  <![CDATA[").replaceAll("]]>", "]]>\n");
  assert.deepEqual(parseVmNics(indented), parseVmNics(vm(element(NIC))));
});

Deno.test("parseVmNics() looks at nothing but the VM's own NICs", () => {
  const elsewhere = `<VM><TEMPLATE/><USER_TEMPLATE>${element(NIC)}</USER_TEMPLATE>
    <HISTORY_RECORDS><HISTORY><VM><TEMPLATE>${element(NIC)}</TEMPLATE></VM></HISTORY></HISTORY_RECORDS></VM>`;
  assert.deepEqual(parseVmNics(elsewhere), { nics: [], skipped: [] });
  assert.deepEqual(parseVmNics(vm(`<NIC_DEFAULT>${element(NIC)}</NIC_DEFAULT>`)), { vm: 42, nics: [], skipped: [] });
});

Deno.test("parseVmNics() goes by the bridge's type, and by the driver where the type is missing", () => {
  const linux: Values[] = [
    { BRIDGE_TYPE: "linux", VN_MAD: "802.1Q" },
    { BRIDGE_TYPE: "LINUX" },
    { BRIDGE_TYPE: "linux", VN_MAD: "ours" },
    ...["bridge", "fw", "ebtables", "802.1Q", "802.1q", "vxlan", "VXLAN"].map((VN_MAD) => ({ VN_MAD })),
  ];
  const other: [Values, RegExp][] = [
    [{}, /^its bridge has no type, and its driver is missing$/],
    [{ VN_MAD: "ours" }, /^its bridge has no type, and its driver is "ours"$/],
    [{ VN_MAD: "ovswitch_vxlan" }, /^its driver is "ovswitch_vxlan", which makes no Linux bridges$/],
    [{ BRIDGE_TYPE: "linux", VN_MAD: "OVSwitch" }, /^its driver is "OVSwitch", which makes no Linux bridges$/],
    ...["openvswitch", "openvswitch_dpdk", "vcenter_port_groups", "none", "li\nnux"].map((type): [Values, RegExp] => [
      { BRIDGE_TYPE: type, VN_MAD: "bridge" },
      /^its bridge is of the type "[^\n]+"$/,
    ]),
  ];
  for (const values of linux) {
    const { nics, skipped } = parseVmNics(vm(element({ ...without("BRIDGE_TYPE"), ...values })));
    assert.deepEqual([nics.length, skipped], [1, []], JSON.stringify(values));
  }
  for (const [values, reason] of other) {
    const { nics, skipped } = parseVmNics(vm(element({ ...without("BRIDGE_TYPE"), ...values })));
    assert.deepEqual([nics, skipped.length, skipped[0]?.isWrong], [[], 1, false], JSON.stringify(values));
    assert.match(skipped[0]?.reason ?? "", reason);
  }
});

Deno.test("parseVmNics() skips a NIC that is on no bridge, as one that nothing is wrong with", () => {
  for (const values of [without("BRIDGE"), { ...NIC, BRIDGE: "" }]) {
    const [skipped] = parseVmNics(vm(element(values))).skipped;
    assert.deepEqual(skipped, { id: "0", reason: "it is on no bridge", isWrong: false });
  }
});

Deno.test("parseVmNics() takes only the one NIC away that has a bad bridge name or network ID", () => {
  const good = element({ ...NIC, NIC_ID: "9", BRIDGE: "br9" });
  const bad: [Values, RegExp][] = [
    [{ ...NIC, BRIDGE: "br0; reboot" }, /^"br0; reboot" is not a bridge name; use 1 to 15 letters/],
    [{ ...NIC, BRIDGE: "a\nb" }, /^"a\\nb" is not a bridge name; /],
    [{ ...without("NETWORK"), NETWORK_ID: "seven" }, /^its network has no name, and the ID "seven"$/],
  ];
  for (const [values, reason] of bad) {
    const { nics, skipped } = parseVmNics(vm(element(values), good));
    assert.deepEqual([nics.map(({ id }) => id), skipped.length, skipped[0]?.isWrong], [["9"], 1, true]);
    assert.match(skipped[0]?.reason ?? "", reason);
  }
});

Deno.test("parseVmNics() takes a network by its name or its ID alone, and one that has neither", () => {
  const networkOf = (values: Values) => parseVmNics(vm(element(values))).nics[0]?.network;
  assert.deepEqual(networkOf(without("NETWORK")), { id: "7" });
  assert.deepEqual(networkOf(without("NETWORK_ID")), { name: "vnet0" });
  assert.deepEqual(networkOf({ ...NIC, NETWORK_ID: "007" }), { name: "vnet0", id: "7" });
  assert.deepEqual(networkOf(without("NETWORK", "NETWORK_ID")), { name: "" });
});

Deno.test("parseVmNics() finds the one device that is attached or detached, and none of the others", () => {
  const ids = (...elements: string[]) => {
    const { nics, skipped } = parseVmNics(vm(...elements));
    return [nics, skipped].map((list) => list.map(({ id }) => id));
  };
  const [first, second] = [NIC, { ...NIC, NIC_ID: "1", BRIDGE: "br1" }];
  const attached = { ...second, ATTACH: "YES" };
  const noLinux = element({ ...NIC, NIC_ID: "2", BRIDGE_TYPE: "openvswitch" });
  assert.deepEqual(ids(element(first), element(attached), noLinux), [["1"], []]);
  assert.deepEqual(ids(element(first), element({ ...second, ATTACH: "NO" })), [["0", "1"], []]);
  assert.deepEqual(ids(element(first), element(attached, "NIC_ALIAS")), [[], ["1"]]);
  assert.deepEqual(ids(element(first), element({ ...attached, TYPE: "NIC" }, "PCI")), [[], ["1"]]);
  assert.deepEqual(ids(element(first), element({ ATTACH: "YES" }, "PCI")), [[], []]);
  assert.deepEqual(ids(element(first), element({ ATTACH: "YES" }, "DISK")), [["0"], []]);
});

Deno.test("parseVmNics() refuses XML that is not a VM's", () => {
  for (const xml of ["<VM/>", "<VNET><TEMPLATE/></VNET>", "<A><VM><TEMPLATE/></VM></A>", "<VM>TEMPLATE</VM>"]) {
    assert.throws(
      () => parseVmNics(xml),
      (error) => error instanceof InputError && /no VM\/TEMPLATE/.test(error.message),
    );
  }
});

Deno.test("parseVmNics() fails with nothing but InputError, whatever a NIC holds", () => {
  const names = fc.constantFrom(
    "BRIDGE",
    "BRIDGE_TYPE",
    "VN_MAD",
    "NETWORK",
    "NETWORK_ID",
    "NIC_ID",
    "TARGET",
    "PHYDEV",
  );
  const values = fc.oneof(fc.constantFrom("linux", "br0", "7", "bridge"), fc.string({ unit: "binary" }));
  fc.assert(fc.property(fc.array(fc.dictionary(names, values)), (nics) => {
    try {
      parseVmNics(vm(...nics.map((nic) => element(nic))));
    } catch (error) {
      assert.ok(error instanceof InputError, String(error));
    }
  }));
});
